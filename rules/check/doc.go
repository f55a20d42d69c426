// Package check runs the tests that stand beside rules and formats in their files.
//
// Command is `foghorn rules check` and `rules test`, which read the files; Run and RunFormat
// are the tests.
//
// What enters: a rule or a format, and its tests. What leaves: for each test of a rule the
// episodes that it raised on its lines, for each test of a format the fields that it found
// in its line, and what differs from those that the test expects.
//
// What is guaranteed: the lines go through the parser, stage 1 and stage 2 that work
// live, with the rule's own windows; no clock and no file is looked at. A line that tells
// no year is of the year 2034; a line that tells no time at all is one millisecond after
// the line before.
package check
