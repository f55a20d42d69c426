// Package shipper reads the log files of one server and produces each line once to
// logs.raw. It is an assembly root: it joins its subfolders.
//
//	discover ─► identity ─► registry ─► worker ─► pipe ─► lane ─► pipeline.Sink
//	 patterns    inode and    sources     one per    multiline, one per     logs.raw
//	             content      and their   file that  redact     partition
//	             prints       generations is read                  │
//	                              ▲─── checkpoint ◄── acknowledged ┘
//
// What enters: the files that Config.Paths and Config.Files name. What leaves: one record
// per line, or per event of several lines that belong together (package multiline), with
// its identity (source = host and path, generation, offset) and the labels of its source
// (package labels).
//
// What is guaranteed:
//
//   - A line is sent again until it was acknowledged, through restarts, kills and an
//     absent broker; sent twice, it has the same identity both times. For that the
//     generation is on disk before its first line is produced.
//   - A renamed file keeps its source and generation, and is read to its end, the
//     unterminated last line too, before lines of the file that took its place. A writer
//     that goes on writing to the renamed file for longer than 3 s is still read,
//     beside the new file, after a restart too and whether or not a pattern names the file.
//   - A truncated file starts a new generation. If the folder holds a copy of what it was
//     (logrotate's copytruncate), lines that were not read yet are read from the copy
//     under the old generation; the copy is never shipped as lines of its own.
//   - A file that is compressed after its rotation (.gz, .zst, .bz2; package archive) keeps
//     its generation: what was shipped is not read again, and the rest is read from the
//     archive. Lives that were rotated and compressed while no shipper ran are shipped as
//     generations of their own, in order. An archive that is damaged is warned of with path
//     and offset, what can be read of it is shipped, and other files are unaffected.
//   - Backfill and live files never ship the same line twice: a file has the same identity
//     whoever asks for it. Live files go on during a backfill.
//   - A checkpoint never moves behind a line that is still held back for others to join it.
//     After a kill the same bytes may be grouped otherwise: a record can then overlap what
//     was sent before, and a reader cuts that off at a line's start.
//   - What Config.Redact finds (package redact) is taken out of every line before anything
//     leaves the host, before dead letters too. Offsets and sizes stay those of the file.
//   - A source over its rate is read later, and others are not; nothing is dropped for it.
//   - Small files are all shipped before a huge one is done.
//   - Memory is bounded by Config.MaxMemory and a few MiB, and, while compressed files are
//     read, by the windows of 5 of them (archive.MaxWindow); files are the buffer.
//   - One file that fails does not hold up another.
//
// Where memory is short, an event of several lines may be cut into several events.
//
// What can be lost: lines of a file that was deleted or truncated before they were read
// and of which no copy is left, as when that happens while no shipper runs. It is logged
// with path and number of bytes where that is known.
//
// What can be missed: a file that is truncated and then holds exactly the same bytes as
// before, at its beginning and where reading stood, between two looks; a file that came
// and was removed between two scans; and, of two lives of a file that came and went between
// two scans, one that holds nothing but the first bytes of the next.
//
// What can be sent twice under two identities: the lines of a second copy of a truncated
// file, under another name that rotation gives; those of a file that no scan met for a
// day (its folder was not mounted) and that came back; and, of more than 256 rotated files
// of one path, those of the oldest when a backfill asks for them.
//
// How a copy is told. A file is the copy of a generation when its name is one that
// rotation gives to the source's path (identity.Rotated), and
//
//   - while the original is untouched: both agree, by their first and last 64 KiB, as far
//     as the shorter one reaches. Such a file is held back, and looked at again.
//   - once the original was truncated: it begins with the original's first KiB and holds
//     the last line that was read from the original at the same offset; or it ends before
//     that line, at another one that was read, and so has nothing new.
//
// An archive is told by the same signs in its content, and by nothing else: an inode says
// little, since compressing frees one with every rotation.
//
// After the truncation the copy takes the original's place in its generation: whatever it
// has behind the last line read is read from it.
package shipper
