// Package identity tells whether a file is the one that was seen before, whatever its
// name is now.
//
// What enters: an open file, or a path. What leaves: its ID (device and inode), Prints
// (hashes of a range of its bytes), and whether a name is one that log rotation gives.
//
// What is guaranteed: a Print that Holds says that the range's bytes are unchanged; a file
// that was truncated, or another file that got the same inode, fails it as soon as one
// byte in the range differs.
//
// What can be missed: a file that was rewritten with exactly the same bytes in every
// range looked at, and at least as long as before, is taken for the same.
package identity
