package query

import (
	"regexp"
	"testing"

	"foghorn/pipeline"
)

// TestAClassOfAllCasesOfALetterMatchesEachCase: RE2's parser makes [Pp] a literal in any
// case inside an expression that is not in any case.
func TestAClassOfAllCasesOfALetterMatchesEachCase(t *testing.T) {
	lines := []string{"a kernel panic", "Panic now", "PANIC", "error at k", "ſtop", "Stop", "\u212A", "none"}
	for _, pattern := range []string{"[Pp]anic", "(P|p)anic", "[Pp]anic|FATAL", "[Ee]rror at [Kk\u212A]", "[Ss\u017F]top", "x?[Pp][Aa]nic"} {
		n, _, err := GrepPattern(GrepOptions{}, []string{pattern})
		if err != nil {
			t.Fatal(err)
		}
		want := regexp.MustCompile(pattern)
		for what, node := range map[string]Node{"grep": n, "regex": Regex{Source: pattern, RE: want}} {
			m := Compile(node)
			for _, line := range lines {
				if have := m.Match(&pipeline.Event{Body: []byte(line)}); have != want.MatchString(line) {
					t.Errorf("%s %s on %q: have %t", what, pattern, line, have)
				}
			}
			if len(Required(node)) == 0 && pattern == "[Pp]anic" {
				t.Errorf("%s %s: nothing is required of the words", what, pattern)
			}
		}
	}
}
