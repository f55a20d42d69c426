// Package templates finds the templates of log messages: the constant text that a program
// wrote around the values. It is a streaming miner of the Drain family (He et al., "Drain",
// ICWS 2017) with one configuration for all logs.
//
// How it works. A message is cut into tokens in one pass. Tokens that are values by their
// look (numbers, addresses, paths, URLs, times, identifiers with digits, lists of these,
// booleans) become one mark each; so do, with less confidence, the values of keys
// (key=value). What is left is the message's skeleton, and messages with one skeleton have
// one template: one map look-up per message, which also proves that they are equal. What
// of a template varies beyond the skeleton (a key's value, the unit of a number, the
// length of a list) is learned per slot: it is constant until a second value is seen.
// Templates that differ in one word are counted per place: when a place has shown enough
// values, any word fits there. How many are enough depends on the values' kind and on how
// much other text the template has, so that "session opened for user root" and "... for
// user news" meet, and "link up" and "link down" do not. Where names often stand (in
// brackets and quotes, behind "from" or "user") the values of one place count whatever
// those of the others are, as messages with several names seldom differ in one alone.
//
// What enters: messages (log lines without their header), by Add or Match. What leaves:
// Refs, Templates with ids, the variables of a message, and Entries: the miner's
// knowledge, for other miners.
//
// What is guaranteed: templates and their ids follow from the set of skeletons that a
// miner keeps, whatever their order; Merge is commutative, associative and idempotent
// while no bound is hit; the parts of a template filled with a message's variables are the
// message, with every run of white space taken as one space; memory is bounded by Config.
//
// What the order of messages can change: a skeleton that comes when a template with
// variable words fits it already is not kept, and so says nothing of its other words.
//
// What can be lost: templates beyond Config.MaxTemplates, rarest first, with their counts;
// tokens beyond Config.MaxTokens, which are one variable.
//
// Nothing here knows a log format: a message's header must be cut off by the caller, see
// package parse.
package templates
