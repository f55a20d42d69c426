// Package rules is the contract root of the rules: what a rule is (Rule, Set, Live), the
// records that its two stages exchange on logs.matches (Partial, Heartbeat), and nothing
// that does work. Its subfolders implement it and it never imports them:
//
//	rules/file     reads rule files, and reads them again when they change
//	rules/packs    the rules that ship with the program
//	rules/match    stage 1: per raw partition, which events match which rule
//	rules/window   stage 2: per rule and group, sliding windows and the life of anomalies
//	rules/check    runs the tests that stand in rule files
//
//	events ─ match ─► logs.matches ─ window ─► anomalies, anomalies.state
//
// What enters: rule files and parsed events. What leaves: anomalies.
//
// What is guaranteed: the result depends on the lines and their times alone, never on a
// clock; a line that is read again is not counted again; an episode is opened once,
// updated, and resolved once, also across crashes.
//
// What can be lost: a match of a rule that stage 2 has not loaded yet (a new file reaches
// the two stages within seconds of each other), and the counts of a group that was put
// out because a partition held too many groups; both are counted.
package rules
