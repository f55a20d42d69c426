// Package embedded runs a Kafka broker inside the process: what `foghorn up` and the
// tests use instead of a cluster. It is one node, kfake of the franz-go project, which
// speaks the real protocol and keeps its log on disk.
//
// What enters and leaves: Kafka's protocol on a loopback port. Nothing else of Foghorn
// knows that the broker is not a cluster.
//
// What is guaranteed: the folder is used by one broker at a time (a lock file; a second
// start fails with ErrLocked); every acknowledged record, topic and committed group offset
// is there again after the process was killed; retention and compaction act within
// Config.CleanEvery.
//
// What can be lost: when the machine itself stops (power, kernel), the records of the last
// seconds, unless Config.SyncWrites is set. A folder that cannot be read is an error of
// Start, never an empty broker.
package embedded
