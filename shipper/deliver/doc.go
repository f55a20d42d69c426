// Package deliver sends records to Kafka until they are acknowledged.
//
// What enters: records, in order, with a header foghorn.line in front. What leaves: the same
// records on their topic, each of them acknowledged; or, for one that the broker refuses for
// good, a dead letter in its place, with the reason and as much of the record as the dead
// letters take.
//
// What is guaranteed: Produce ends only when every record is acknowledged or a dead letter, or
// when its context ends. As long as dead letters are refused too the fault is the broker's and
// not the record's, and it is tried again. What can be lost: of a refused line what lies behind
// its first 64 KiB, when the dead letters refuse the whole of it.
package deliver
