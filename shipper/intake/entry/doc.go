// Package entry gathers the log records of one request into lines for the spool.
//
// What enters: records as a decoder of a protocol finds them, with attributes that are
// shared by many (of a resource, of a stream) or are one record's own. What leaves:
// pipeline.Lines with a source, the raw bytes that a person would grep, and labels; what a
// record tells beside its line (time, severity, trace, host) travels in the labels that
// package pipeline/parse reads (parse.GivenTime and the others).
//
// What is guaranteed: lines stand in the order of the request; the number of lines, their
// size, and all that they take together with their labels are bounded by Limits, whatever
// the request shares between records; what a sender names cannot pass for a label of ours.
//
// What can be lost: attributes beyond Limits, which Batch counts. A line over the limit is
// cut and marked, one with line feeds is divided into its original lines instead.
package entry
