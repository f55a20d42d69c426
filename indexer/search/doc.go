// Package search answers requests from a store: it narrows a query to the blocks that
// can hold a match, decodes those, and evaluates the query on all that is in them: on
// events by time, on lines by file (see Request).
//
// What enters: a Request (query, time range, order, limits). What leaves: hits in the
// order asked for, a Summary of what it cost, and the store's Coverage.
//
// What is guaranteed: the answer is the one that evaluating every event or line of the
// store would give; the index only narrows. What cannot be read is named in Summary.Missing,
// and an answer that a budget ended is marked partial and carries a cursor. A search sees
// the lines that were in the store when it started, but for days that retention removes
// while it runs.
//
// What can be lost: a live tail (Tail) drops events for a reader that is too slow, and
// counts them.
package search
