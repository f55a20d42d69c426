// Package window is stage 2 of the rules: it merges the partial counts of one partition
// of logs.matches, keeps the sliding windows of each rule and group, and leads every
// anomaly through its life: open, update, resolved.
//
// What enters: records of logs.matches (rules.Partial, rules.Heartbeat). What leaves:
// records for anomalies and anomalies.state.
//
// The Engine has no clock and no I/O. What it says is a function of the records and
// their order: the same lines give the same episodes, live, in a rule's tests, cut into
// other batches, and repeated after a crash.
//
//   - Value: at a bucket b, the number of matches in the window that ends with b.
//   - An episode starts with the first bucket whose value meets the condition, and is
//     opened at once. Its id is made of rule, group and that start.
//   - It ends where the value has not met the condition for longer than the rule's
//     keep-firing time, and is resolved when the group's watermark says that no line
//     within the allowed lateness can change that.
//   - A late line is counted, and can prolong an episode or open one; it never moves the
//     start of an open episode, and never opens one a second time.
//   - The watermark of a group is the lowest event time among the sources that gave it
//     matches, so one source's old backlog and another's live lines do not disturb each
//     other. See rules.Clock and rules.Heartbeat.
//
// What is guaranteed: a match is counted once, however often its line is read; each
// (anomaly id, sequence number) is written once, also across crashes (Stage.Restore).
//
// What can be lost: when a partition holds more groups than Config.MaxGroups, the groups
// that were silent longest lose their counts; open episodes are never put out. Stats
// counts that, and matches of unknown rules.
package window
