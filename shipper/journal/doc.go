// Package journal ships the systemd journal. It reads it through journalctl, which knows every
// version of the journal's files, is allowed to read what its user is, and follows rotation.
//
//	journalctl --follow --output=json ─► entry ─► spool.Queue ─► logs.raw
//	      ▲                                          │
//	      └─────── --cursor ◄──────── Mark ◄─────────┘
//
// What enters: the journal's entries, from its oldest on. What leaves: one line per entry, as
// `journalctl -o short-iso-precise` prints it, in UTC and with the message's bytes as they are:
//
//	2026-11-22T10:00:00.123456+00:00 host sshd[812]: Accepted publickey for ada
//
// A message with line feeds is a multi-line event; the first line alone has the head. Labels
// carry the rest: the time and PRIORITY (as package pipeline/parse reads them), service, and
// where they are known systemd.unit, container.name, container.id and container.image.name.
// The service is the container's name, else the unit's without ".service", else the identifier.
//
// A line's source is the host and the service: host:/journal/<service>; there are
// Config.MaxSources of them, entries of further services share one.
//
// What is guaranteed: each entry is shipped once, through restarts and kills: its cursor is
// stored with it, in one step. When the spool is full journalctl waits; the journal is the
// buffer.
//
// What can be lost: entries that the journal drops (its size and rate limits) before they were
// read; of a message longer than the limit all but its beginning, which is marked truncated;
// entries that are larger than 32 MiB as JSON, or no JSON, which are counted and logged.
package journal
