// Package spool is a bounded queue on disk between sources that cannot be read again
// (datagrams, connections, pipes, HTTP requests) and Kafka.
//
//	Append ─► group commit ─► segment files ─► reader ─► lane per partition ─► pipeline.Sink
//	 encode    one write, one    (page cache)    decode    one Produce at        logs.raw
//	           sync per group         ▲                    a time                   │
//	                                  └────── checkpoint ◄── acknowledged ──────────┘
//
// What enters: batches of lines of any sources. What leaves: one record per line on
// logs.raw, in the order in which a source's lines were appended.
//
// What is guaranteed:
//
//   - A batch whose Append returned nil is on disk: it survives a killed process, and with
//     Config.Sync a power cut. It is all there or not at all.
//   - A line's identity is written with it, before it is produced: after a crash what was not
//     acknowledged is produced again with the same identity, and readers drop the second
//     copy. Source: as given. Generation: of the source in one epoch (a start of the
//     process), never 0. Offset: as if the source's lines stood in a file, each with a line
//     feed.
//   - A batch with a Key that is remembered is not appended again, through restarts too.
//     Remembered are the last 65,536 keys at least, and of the last ten minutes as many as
//     262,144; fewer where they would take more than an eighth of Config.MaxBytes.
//   - A Mark is on disk exactly when its batch is.
//   - Disk space is bounded by Config.MaxBytes, memory by Config.MaxMemory and twice the largest
//     batch, however many labels its lines share.
//   - A damaged record costs itself alone; what stands behind it is found and sent.
//
// What can be lost: a batch whose record the disk damaged after the Append, and a file whose
// first 16 bytes it damaged or that cannot be read; the bytes are counted and logged with file
// and offset.
//
// What can be sent twice under two identities: a batch without Key whose Append ended with
// an error of its context or of the disk, and that the caller appends again.
//
// # Files
//
// Numbers are little endian; str is a uvarint length and the bytes.
//
//	<sequence, 16 hex digits>.spool, in order of writing:
//	  "FOGSPOOL" | version u32 = 1 | salt u32, random | record...
//	record:
//	  length of payload u32 | CRC-32C of payload u32 | CRC-32C, begun at the
//	  salt, of the 8 bytes before u32 | payload
//	payload, kind 1, a batch:
//	  1 u8 | key 16 bytes | name str | mark str | sources uvarint
//	  { source str | generation u64 | offset of its first line u64 }
//	  lines uvarint
//	  { flags u8 [source uvarint] [observed i64, Unix ns] [format str, zone str]
//	    [labels uvarint { key str, value str }] raw str }
//	  flags: 1 truncated; what is given and not as on the line before: 2 source (its index
//	  above), 4 observed, 8 format and zone, 16 labels
//	payload, kind 2, the first record of each file: what the files before it say
//	  2 u8 | marks uvarint { name str, mark str }
//	  | begin of the young keys i64, Unix ns | young uvarint { 16 bytes } | old uvarint { 16 bytes }
//
//	checkpoint: what was acknowledged
//	  "FOGSPACK" | version u32 = 1 | sequence u64 | offset u64 | CRC-32C of all before u32
//
// A file is never written to after a restart. Its end may be torn: records are taken as far
// as their checksums are right. A file whose records are all acknowledged is deleted, but
// not the newest: it holds the keys and marks. Without a checkpoint everything that is left
// is sent again, with the same identities.
package spool
