// Package catalog is what all parts know together about templates of log lines: which there
// are, how often and when their lines came, and what people have decided about them. It
// stands on the topic templates; package templates is the miner behind it.
//
// What enters: the events of a partition of logs.raw with their messages (Recorder), the
// records of the topic (Board), and people's decisions (Board.Decide). What leaves: each
// event's template id and variables, records for the topic, and lists of templates with
// their counts over a time.
//
// What is guaranteed:
//   - The same line gets the same template on every processor and after a restart: ids are
//     hashes of the constants, every Recorder learns what the others have learned, and an
//     id that was given before two templates became one still leads to that one.
//   - Each record of logs.raw counts once, however often it is delivered: counts are kept
//     per partition of logs.raw with the offset up to which they hold, are written together
//     with the events, and after a crash the records in between are read again.
//   - Names, merges, splits and muting stay until someone changes them.
//   - Memory is bounded by Config. The Recorders of a process share what they and the Board
//     know of a template; a Board reads counts, and learns templates, when someone asks.
//
// What can be lost: when lines came, for those before the Config.Spans that are kept apart;
// the rarest templates when there are more than Config.MaxTemplates, or more in a partition
// than Config.Miner allows (their lines are counted as others); the counts of records
// that retention took from logs.raw before a crashed processor came back. A line that a
// shipper sent twice around the start of a processor can count twice.
//
// The records of the topic, all in one partition, which is compacted:
//
//	<template id>                               Template: the miner's knowledge, first seen, a sample
//	counts/<partition>/<unix start>/<seconds>   Counts of a partition of logs.raw in a span of event time
//	progress/<partition>                        Progress: up to which offset all counts hold
//	curation/<template id>                      Curation: what people have decided
//
// Values are JSON; a record without a value is one that was removed. Spans are of
// Config.Span; when older than Config.Fine they are joined to hours, and the oldest hours
// to the span counts/<partition>/0/0.
package catalog
