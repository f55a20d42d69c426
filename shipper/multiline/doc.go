// Package multiline tells which lines of a log belong together: stack traces, or what
// patterns of the user's say. It does no I/O, and time is an argument.
//
// What enters: the lines of one generation, in order. What leaves: the same lines in the
// same order, in groups. A group is one event.
//
// What is guaranteed: the groups, put together, are exactly the lines that were added,
// whatever the time-outs; a line cut at the limit is alone; a group has at most MaxLines
// lines and MaxBytes bytes (a single line may have more), a longer one is cut into several.
// What is held back is given out after Timeout without a further line.
//
// # What is joined without a pattern
//
// Only lines that a runtime writes as one trace, each directly behind the one before:
//
//   - Java, Kotlin, Scala, .NET, JavaScript: frames ("\tat a.B.c(B.java:1)", "   at X.Y() in
//     f.cs:line 3", "    at f (a.js:1:2)"), "Caused by: ", "Suppressed: ", "... 5 more",
//     "--- End of ...", and the properties that Node.js writes behind the last frame in
//     braces. A line before the first frame is the trace's first if it names an exception or
//     has a level of warning or worse; an exception's line ("java.io.IOException: x", "Error:
//     x", "Exception in thread ...") takes a record of warning or worse before it along.
//   - Python: "Traceback (most recent call last):", indented lines, the exception's line,
//     and chained tracebacks with the sentence between them; with a record of warning or
//     worse before it.
//   - Go: "panic: " and "fatal error: ", "goroutine 1 [running]:", functions with their
//     files, "created by ", "[signal ...", "exit status 2".
//   - Ruby: "\tfrom a.rb:1:in `b'" behind a line that names an error.
//   - PHP: "Stack trace:" behind a line that names an exception, "#0 ...", "  thrown in ".
//
// An indented line that is none of these joins nothing. Frames that follow no such line
// are joined with each other alone. Lines of another stream (stdout, stderr) end a trace.
//
// In the files of container runtimes the message inside counts: CRI ("2026-01-02T03:04:05Z
// stderr F message") and Docker's json-file ({"log":"message\n",...}). Parts of a message
// that the runtime has split (CRI's flag P, no line feed in Docker's) are joined.
package multiline
