// Package client speaks to the API of the indexer and prints what it answers: as grep
// does, as lines for people, or as JSON lines.
//
// Commands are the commands of `foghorn` that do so.
//
// What enters: a server's address and what is asked. What leaves: decoded hits, lines and
// anomalies, or bytes on a Writer; messages and warnings go to a second Writer.
//
// What is guaranteed: Grep writes byte for byte what grep writes on the original files; an
// answer that ends early, because the connection broke or the server failed, is an error
// and never taken for a whole one; an answer cut by the server's time budget is continued
// until it is complete; what the server knows to be missing or late is said once. Memory
// is bounded by the longest line, not by the answer.
//
// What can be lost: live lines while Tail reconnects, or when it is too slow; it says so.
package client
