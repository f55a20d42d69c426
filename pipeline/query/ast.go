package query

import "regexp"

// Node is a parsed query. Its String is a query that parses to an equal Node. The
// concrete types are All, And, Or, Not, Word, Phrase, Exact, Regex, Wildcard, Field,
// Exists and Grep; nodes are immutable and safe for concurrent use. Same compares them.
type Node interface {
	String() string
}

// All matches every line; it is what an empty query and "*" parse to.
type All struct{}

// And matches when all of Nodes match. Or when any does. Both hold two nodes or more.
type And struct{ Nodes []Node }

// Or matches when any of Nodes matches.
type Or struct{ Nodes []Node }

// Not matches when Node does not.
type Not struct{ Node Node }

// Word matches a line that has Text as a whole word, any case. Text is folded (Fold) and
// is exactly one word as Words splits it.
type Word struct{ Text string }

// Phrase matches a line that has Words one after the other, in this order and with no
// other word between them, any case. Words are folded, two or more; Text is as typed.
type Phrase struct {
	Words []string
	Text  string
}

// Exact matches a line that has the bytes of Text anywhere, as grep -F.
type Exact struct{ Text string }

// Regex matches a line on which RE2 expression Source (with flag i if Fold) matches. To
// RE2 a byte that is not UTF-8 is the character U+FFFD, which "." matches, and \b and \w
// know ASCII only.
type Regex struct {
	Source string
	Fold   bool
	RE     *regexp.Regexp
}

// Wildcard matches a line that has a word of the form Pattern, any case: '*' stands for
// any run of word characters, '?' for one character. Pattern is folded. A pattern that holds
// separators ("web-*") is split at them and its parts must be words one after the other.
type Wildcard struct{ Pattern string }

// Exists matches an event that has the field.
type Exists struct{ Name string }

// Op is how a Field compares.
type Op uint8

// Equal compares the whole value, any case, or as numbers when both are numbers (see
// Canonical). Less and the others compare as numbers when Value is one, as RFC 3339 times
// when it is one, as severities when the field is the level, and as bytes otherwise; a
// value of another kind does not match, so that "n/a" is neither above nor below 100. Glob
// takes '*' and '?' on the whole value, any case, and a backslash before what is literal.
// Contains looks for Value's words as a phrase inside the value (field:"a b"), Matches for
// RE, Has for the exact bytes (field:'x'). Between takes Low and High, "*" for open ends.
const (
	Equal Op = iota
	Less
	LessEqual
	Greater
	GreaterEqual
	Glob
	Contains
	Has
	Matches
	Between
)

// Field matches an event whose field Name (as typed; pipeline.CanonicalField names it)
// compares to Value. An event without the field does not match.
type Field struct {
	Name  string
	Op    Op
	Value string
	// Low, High, and whether they belong to the range, for Between: [a TO b], {a TO b}.
	Low, High               string
	LowInclude, HighInclude bool
	// RE and Fold are for Matches.
	RE   *regexp.Regexp
	Fold bool
}
