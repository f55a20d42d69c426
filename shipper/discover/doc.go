// Package discover finds the files that path patterns name.
//
// What enters: patterns. `*`, `?` and `[a-z]` match inside one name as in
// path/filepath.Match, `**` as a whole name matches any number of folders, none too.
// What leaves: the regular files that match and what a look at each tells, plus the
// folders and files that could not be looked at, with the reason.
//
// What is guaranteed: every regular file that matched when the search passed it is found
// once per name. Symbolic links to files are followed; links to folders are followed
// where a pattern names them, and not below `**`, so that a loop of links cannot hold
// the search up. A path that does not exist is no error: it may come.
package discover
