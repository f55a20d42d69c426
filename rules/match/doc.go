// Package match is stage 1 of the rules: it looks at every event of one raw partition,
// finds the rules that it matches, and folds the matches into partial counts.
//
// What enters: parsed events, in the order of their partition. What leaves: records for
// logs.matches, a Partial for each rule and group that had matches since the last Flush,
// and about once a second a Heartbeat that tells how event time went on.
//
// What is guaranteed: every event that matches a rule is in exactly one Partial, with its
// identity and event time; the Partials of a source follow its offsets. Memory between
// two calls of Flush is bounded by the events between them.
//
// What can be lost: nothing. Events are matched again after a crash, and stage 2 drops
// the repetitions by their identity.
package match
