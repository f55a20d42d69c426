// Package parse reads raw lines: it recognises their format and makes Events of them,
// and it holds stage 1 of the pipeline, which does so for a partition of logs.raw.
//
// What enters: pipeline.Lines, or records of logs.raw. What leaves: an Event for every
// line; from the Stage records of logs.events, the matches of a Matcher, and records of
// logs.deadletter.
//
// What is guaranteed: Parse never fails (a line of no known format is plain text), never
// changes the raw line, and its result depends on the line alone, not on the lines before
// it, so that live, test and backtest agree. Memory per source and per line is bounded.
//
// What can be lost: fields beyond the bounds of Config, which Stats counts; the raw line
// still holds them.
//
// A format is one file and one row of the table in format.go.
package parse
