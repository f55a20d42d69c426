// Package demo is a small shop whose services write logs and, after a while, fail one
// after the other, as services do: the replication of the database stops, then a replica
// that depends on it refuses connections, then the video service cannot find what it
// should, and clients that try again flood the gateway with 4xx and 5xx.
//
//	clients ─► gateway ─► video ─► catalog ─► database ─► replication
//	 access     nginx      JSON     logfmt    PostgreSQL     log4j      and auth: sshd, syslog
//
// What enters: a seed and a start time; time is an argument everywhere. What leaves: lines
// in six formats, the same for the same seed and start, either as values (Generate) or
// written live to six files of a folder, which are rotated by rename now and then (Shop.Run).
//
// What is guaranteed: every line written ends in a line feed, and a file that is rotated is
// complete. Nothing is lost by Run but what the oldest rotation removes (Config.Keep).
package demo
