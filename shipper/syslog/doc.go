// Package syslog receives syslog messages from the network: over UDP (RFC 3164, RFC 5426),
// TCP (RFC 6587) and TLS (RFC 5425), in any of the formats that are sent, RFC 3164 and RFC
// 5424 among them.
//
//	datagrams ───► buffer ───────────────┐
//	connections ─► framer (RFC 6587) ─► sources ─► spool.Queue ─► logs.raw
//
// What enters: messages. What leaves: one line per message, its bytes as sent without the
// framing and without line feeds and NULs at its end; what it says is the parser's concern. A
// message with line feeds inside, which only octet counting and datagrams can carry, is a
// multi-line event.
//
// A line's source is its sender: host is the message's HOSTNAME where that is one, else the
// peer's address; the path is /syslog/ and the peer's address. In both an address's colons are
// dashes. There are Config.MaxSources of them; senders beyond share one source. A sender that
// was silent for an hour makes room for another.
//
// What is guaranteed: messages of one connection keep their order, and a source's lines are
// stored in the order in which they were read; what was read before a stop is in the spool
// when Run returns. When the spool is full, connections are not read: their senders wait, as
// TCP makes them. Memory is bounded by Config, whoever sends what how slowly.
//
// What can be lost: datagrams, as the protocol has it; those that the process or the system
// had no room for are counted. Of a message longer than the limit all but its beginning, which
// is marked truncated. On a connection that breaks, what the system had taken from the sender
// and the sender does not send again: syslog over TCP has no acknowledgements.
package syslog
