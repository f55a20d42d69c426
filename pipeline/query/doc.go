// Package query is Foghorn's query language: its parser, its printer and its evaluator,
// with no I/O. Search, live tail, rules and the page all use it, and the evaluator on one
// event (Matcher) defines what a query means; an index is an optimisation that must agree.
//
//	timeout                      a whole word, any case
//	"connection refused"         words in this order, any case
//	'0x7f: conn'                 exact bytes anywhere in the line, as grep -F
//	/time(d )?out/  /x/i         RE2 on the raw line
//	web-*                        wildcard on a word
//	level:error  status:>=500  status:[500 TO 599]  host:web-*  _exists_:trace_id
//	a AND (b OR NOT c)   a b (= AND)   -c
//	_grep_:'-w -- a|b'           what grep -E -w selects, byte for byte (Grep)
//
// What enters is text: of queries (Parse), of grep's patterns (GrepPattern), and lines that
// may hold any bytes. What leaves is a Node, its Matcher, and for an index the definition
// of a word (Words, Fold) and what a query requires of the words of a line (Required).
// Guaranteed: a Node prints as a query that parses to an equal node; a line that matches
// fulfils what is Required; text from outside never makes a panic, and its length, nesting
// and expressions are bounded. Nothing can be lost here: the package keeps nothing.
package query
