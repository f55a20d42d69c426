// Package indexer is the assembly root of the index role: it reads logs.events into a
// store and the anomalies topic into a board, and offers both for searching.
//
//	logs.events ─ one reader per partition ─► store (head, segments) ─► search.Searcher
//	anomalies   ─ reader ─► Board
//
// What enters: batches of parsed events, lifecycle events of anomalies. What leaves: a
// Searcher and a Board for the API; records that cannot be read go to logs.deadletter.
//
// What is guaranteed: every line of logs.events is in the store once. The offsets from
// which reading goes on are committed with the lines, in one file; a line that comes again
// is known by its identity. Lines that never came (gaps in a source's offsets) are told by
// the coverage.
//
// What can be lost: what retention removed from logs.events before it was read (told by
// the coverage), and what retention of the store removes: days, or the lines of a day that
// no rule keeps (told by coverage and answers).
package indexer
