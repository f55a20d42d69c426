// Package tail reads the lines of one file.
//
// What enters: an open file and a place in it. What leaves: lines with their offsets and
// sizes, complete to the byte: carriage returns, NUL bytes and bytes that are not UTF-8
// stay, an empty line is a line.
//
// Two readers share the work. Reader reads what is there, in chunks of bounded memory,
// and remembers nothing: backlog, rotated files and last drains are its work. Live follows
// the end of a file that is being written, by hpcloud/tail; it works on Linux, on local
// file systems, and elsewhere says so (ErrUnsupported), and the caller lets a Reader poll.
//
// What is guaranteed: a Reader never returns a line in part, except one over the limit,
// which it marks. Live gives no such promise about a file that is truncated beneath it:
// its caller checks the file before it believes the lines.
package tail
