// Package secret keeps what servers read from files that may be replaced while they run: a
// token that senders show, and the certificates of TLS.
//
// What enters: the names of files of at most 1 MiB. What leaves: what they held when they could
// last be read.
//
// What is guaranteed: a file that cannot be read, or that holds no secret, leaves what was known
// before, and so does half of a change (a new certificate beside the old key). Comparing takes
// the same time whatever is shown, and no error holds any of a secret.
package secret
