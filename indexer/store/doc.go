// Package store keeps the lines: a head in memory that is searchable at once, and sealed
// segments on disk, in one folder per day of indexing. FORMAT.md draws the bytes.
//
//	Append ─► head ─(131,072 lines, 48 MB, 5 min, stop)─► segment file ─(small ones)─► merge
//	             └───────────────── View ◄───────────────────┴── Bleve batch ◄───────────┘
//
// What enters: the events of records of logs.events, with the records' offsets. What
// leaves: a View, the parts a search reads, and the offsets from which to go on.
//
// What is guaranteed: one segment file is one commit. It holds lines, the Kafka offsets
// behind them and the marks of their sources, and appears by one rename, so that after a
// crash lines, offsets and marks agree: each line is in the store once. A merge puts one
// segment in the place of several, in the same way: at any moment either it counts or they
// do, and a View that was taken before reads on. The index beside
// the segments (words and fields in Bleve, filters for words with digits) only narrows:
// it may name a block that holds no match and never leaves out one that does; it is
// derived from the segments and rebuilt when it is damaged.
//
// Retention removes days of indexing, and before, of days whose age is over, the lines that
// no rule keeps longer. What is left keeps its offsets and its numbers, what is gone is
// not taken in again, and Thinned tells of what ranges only some lines are left.
//
// What can be lost: the head, in a crash. Its records are read again from Kafka, whose
// offsets were not committed. Bytes that the disk damages are isolated and reported.
package store
