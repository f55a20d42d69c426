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
package query
