// Package parse reads raw lines: it recognises their format and makes Events of them,
// and it holds stage 1 of the pipeline, which does so for a partition of logs.raw.
//
// What enters: pipeline.Lines, or records of logs.raw. What leaves: an Event for every
// line; from the Stage records of logs.events, the matches of a Matcher, and records of
// logs.deadletter.
//
// What is guaranteed: Parse never fails (a line of no known format is plain text) and never
// changes the raw line. Its result depends on the line alone, not on the lines before it, so
// that live, test and backtest agree; but for what a line leaves open of its time (which
// number of its date is the day, which of two passes of an hour), where the source's lines
// before decide. Memory per source and per line is bounded.
//
// What can be lost: fields beyond the bounds of Config, which Stats counts; the raw line
// still holds them.
//
// A format is one file and one row of the table in format.go. What free text says is found in
// four places: header.go reads what stands between the time and the message, level.go and
// text.go know where a level and a time may stand, details.go what is worth finding in a
// message. Attributes carry the names of OpenTelemetry's semantic conventions, else those of
// the Elastic Common Schema (log.logger), else the source's own.
package parse
