// Package stdin ships what a program writes to a pipe:
//
//	something | foghorn ship --stdin --name app
//
// What enters: lines from a reader, until its end. What leaves: one line per line, without its
// line feed (a carriage return stays); a last line without line feed too. The source is
// host:/stdin/<name>; each run is a generation of its own.
//
// What is guaranteed: a line that was read is stored before more is read, so that the writer
// waits when the spool is full; Run returns nil once all of it was acknowledged by the broker.
//
// What can be lost: of a line longer than the limit all but its beginning, which is marked
// truncated; when Run is stopped before the end, what the writer has not got rid of, and what
// the pipe holds.
package stdin
