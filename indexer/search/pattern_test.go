package search

import (
	"testing"

	"foghorn/pipeline/query"
)

// TestInParts: what looks at where lines or words begin and end is not judged by parts of lines.
func TestInParts(t *testing.T) {
	type options = query.GrepOptions
	for _, tc := range []struct {
		pattern string
		options options
		want    bool
	}{
		{"fail(ed|ure)", options{}, true},
		{"failed", options{IgnoreCase: true}, true},
		{`10\.0\.[0-9]+`, options{}, true},
		{`\\x\^\$\[`, options{}, true},
		{"^a$", options{Fixed: true, IgnoreCase: true}, true},
		{"failed", options{WordRegexp: true}, false},
		{"failed", options{Fixed: true, LineRegexp: true}, false},
		{"^failed", options{}, false},
		{"failed$", options{}, false},
		{"a|b$", options{}, false},
		{`\bfailed`, options{}, false},
		{`failed\>`, options{}, false},
		{`\<failed`, options{}, false},
		{`a\Bb`, options{}, false},
		{"\\`a", options{}, false},
		{`a\'`, options{}, false},
		{`a\Z`, options{}, false},
	} {
		n := query.Grep{Patterns: []string{"plain", tc.pattern}, Options: tc.options}
		if have := inParts(n); have != tc.want {
			t.Errorf("%s: have %t, want %t", n, have, tc.want)
		}
		if tc.options == (options{}) {
			if have := inParts(query.Regex{Source: tc.pattern}); have != tc.want {
				t.Errorf("/%s/: have %t, want %t", tc.pattern, have, tc.want)
			}
		}
	}
	if inParts(query.Wildcard{Pattern: "a*"}) {
		t.Error("a wildcard looks at words")
	}
}
