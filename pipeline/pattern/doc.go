// Package pattern holds the patterns that people add: named grok patterns, and whole
// formats of lines that are made of them.
//
// What enters: the text of pattern files (Compile), and lines (Format.Match). What leaves:
// a Set of what the files define, or all that is wrong with them at once, with file, line,
// column and what was expected; and where in a line a format's fields stand.
//
// What is guaranteed: a Set is taken as a whole or not at all, it never changes, and Live
// swaps it for another while others read it. Expressions are RE2: a line takes time that
// grows with its length alone, and what one expression may grow to is bounded. A format
// whose required text is not in a line costs a search for that text.
//
// What can be lost: nothing; a line that fits no format is the caller's as it was.
//
// A pattern file:
//
//	patterns:                             # names to use as %{ORDER_ID} or %{ORDER_ID:order.id}
//	  ORDER_ID: 'ord-[0-9a-f]{8}'         # in formats, in each other, and in the extract of rules
//	formats:
//	  - name: shop                        # what a source's format setting says
//	    match: '^%{TIMESTAMP_ISO8601:timestamp} \[%{WORD:level}\] %{ORDER_ID:order.id} %{NUMBER:took:float} %{GREEDYDATA:message}$'
//	    timestamp: '%Y-%m-%d %H:%M:%S.%f' # how timestamp is written, see Layout; default: auto
//	    zone: Europe/Berlin               # of times that tell none
//	    fields: { took: float }           # types, see Type; they can stand in match as well
//	    sources: ['/srv/shop/*.log']      # lines of these paths alone, before all other formats
//	    tests:
//	      - line: '2026-03-02 10:00:00.250 [WARN] ord-00c0ffee 12.5 paid late'
//	        expect: { timestamp: '2026-03-02T10:00:00.250+01:00', level: WARN, order.id: ord-00c0ffee, took: 12.5 }
//	      - line: 'something else'
//	        expect: none
//
// A format without sources is tried on the lines that no built-in format takes. The first
// line of a multi-line event decides. The grok names are those of github.com/elastic/go-grok;
// a pattern of one's own stands in for the known one of its name.
package pattern
