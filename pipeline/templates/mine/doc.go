// Package mine is `foghorn templates mine`: it finds the templates of files, with no
// server.
//
// What enters: files, or standard input. What leaves: the templates with their counts, or
// every line with its template, on standard output; progress on standard error when that
// is a terminal.
//
// What is guaranteed: files are mined in one pass in the order given, as one log; a line
// is shown with its final template, for which the input is read a second time (input that
// cannot be read twice is kept in a temporary file meanwhile); memory is bounded whatever
// the input. What can be lost: of lines over 1 MiB what is beyond; templates beyond the
// limit of package templates.
package mine
