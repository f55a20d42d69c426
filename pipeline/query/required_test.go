package query

import (
	"slices"
	"testing"

	"foghorn/pipeline"

	"github.com/google/go-cmp/cmp"
)

func TestRequired(t *testing.T) {
	for _, c := range []struct {
		query string
		want  Needs
	}{
		{"*", nil},
		{"Timeout", Needs{{{Whole, "timeout"}}}},
		{`"connection refused"`, Needs{{{Whole, "connection"}}, {{Whole, "refused"}}}},
		{"'0x7f: conn'", Needs{{{Suffix, "0x7f"}}, {{Prefix, "conn"}}}},
		{"'x'", Needs{{{Infix, "x"}}}},
		{"' Mid '", Needs{{{Whole, "mid"}}}},
		{"'=>'", nil},
		{"'\x89abc\xc3'", Needs{{{Infix, "abc"}}}},
		{"'ab\xffc'", Needs{{{Suffix, "ab"}}, {{Prefix, "c"}}}},
		{"'\xffb\xff'", Needs{{{Whole, "b"}}}},
		{`_grep_:'-F -- a` + "\xff" + `b'`, Needs{{{Suffix, "a"}}, {{Prefix, "b"}}}},
		{"web-*", Needs{{{Whole, "web"}}}},
		{"a*b?c.d", Needs{{{Prefix, "a"}}, {{Infix, "b"}}, {{Suffix, "c"}}, {{Whole, "d"}}}},
		{"/time(d )?out/", Needs{{{Infix, "timeout"}, {Suffix, "timed"}}}},
		{`/^ERROR: disk\s+full$/`, Needs{{{Whole, "error"}}, {{Whole, "disk"}}, {{Whole, "full"}}}},
		{"/foo.*bar/", Needs{{{Infix, "foo"}}, {{Infix, "bar"}}}},
		{"/(?i)KeyError/", Needs{{{Infix, "keyerror"}}}},
		{`/\bfoo\b/`, Needs{{{Infix, "foo"}}}}, // RE2 sees a boundary in éfoo
		{"/a|b*/", nil},
		{"/foo|bar|/", nil},
		{"a AND (b OR c)", Needs{{{Whole, "a"}}, {{Whole, "b"}, {Whole, "c"}}}},
		{"a OR (b c)", Needs{{{Whole, "a"}, {Whole, "b"}}, {{Whole, "a"}, {Whole, "c"}}}},
		{"a OR host:x", nil},
		{"a host:x -b", Needs{{{Whole, "a"}}}},
		{"_grep_:'-w -- foo'", Needs{{{Whole, "foo"}}}},
		{`_grep_:'\<foo'`, Needs{{{Prefix, "foo"}}}},
		{`_grep_:'-F -- a b'`, Needs{{{Suffix, "a"}}, {{Prefix, "b"}}}},
		{`_grep_:'-x -- Foo bar'`, Needs{{{Whole, "foo"}}, {{Whole, "bar"}}}},
		{`_grep_:'-i -- Disk'`, Needs{{{Infix, "disk"}, {Infix, "dısk"}}}},
	} {
		t.Run(c.query, func(t *testing.T) {
			n, err := Parse(c.query)
			if err != nil {
				t.Fatal(err)
			}
			sorted := cmp.Transformer("set", func(n Needs) map[string]bool {
				m := map[string]bool{}
				for _, alternatives := range n {
					text := []string{}
					for _, a := range alternatives {
						text = append(text, string(rune('0'+a.Kind))+a.Text)
					}
					slices.Sort(text)
					m[cmp.Diff(nil, text)] = true
				}
				return m
			})
			if d := cmp.Diff(c.want, Required(n), sorted); d != "" {
				t.Errorf("have %v", Required(n))
			}
		})
	}
}

// checkRequired checks that a line that matches fulfils the needs; it reports how many
// of the lines matched.
func checkRequired(t testing.TB, g nodes, lines int) int {
	n := g.node(2)
	if n == nil {
		return 0
	}
	needs := Required(n)
	for _, alternatives := range needs {
		if len(alternatives) == 0 {
			t.Fatalf("%q: an element without needs", n)
		}
	}
	if len(needs) == 0 {
		return 0
	}
	m := Compile(n)
	matched := 0
	for range lines {
		line := g.text(8)
		if x, ok := n.(Exact); ok { // which few lines hold by chance
			line = g.text(2) + x.Text + g.text(2)
		}
		if !m.Match(&pipeline.Event{Body: []byte(line)}) {
			continue
		}
		matched++
		set := wordSet(line)
		for _, alternatives := range needs {
			if !slices.ContainsFunc(alternatives, func(need Need) bool { return slices.ContainsFunc(set, need.Met) }) {
				t.Fatalf("%q matches %q, whose words %q do not fulfil %v", n, line, set, alternatives)
			}
		}
	}
	return matched
}

func TestALineThatMatchesFulfilsWhatIsRequired(t *testing.T) {
	g := random(t, 11, 12)
	matched := 0
	for range 3000 {
		matched += checkRequired(t, g, 60)
	}
	if matched < 2000 {
		t.Errorf("only %d lines matched queries with needs", matched)
	}
}

func FuzzRequired(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		g := random(t, a, b)
		for range 20 {
			checkRequired(t, g, 50)
		}
	})
}
