package pattern

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGrok(t *testing.T) {
	g := &Grok{own: map[string]string{
		"ORDER": `ord-[0-9a-f]{8}`, "TWO": `%{ORDER:first}, %{ORDER:second}`, "WORD": `[a-z]+`, "EITHER": `a|b`,
	}}
	tests := []struct {
		name, source, line string
		want               map[string]string // nil: no match
		types              string
		own                bool
	}{
		{"a known name", `from %{IP:client.address} port %{INT:port:int}`, "from 10.0.0.9 port 22", map[string]string{"client.address": "10.0.0.9", "port": "22"}, "client.address: port:int ", false},
		{"one's own name", `%{ORDER:order.id}`, "paid ord-00c0ffee", map[string]string{"order.id": "ord-00c0ffee"}, "order.id: ", true},
		{"names within names", `%{TWO}`, "ord-00c0ffee, ord-0badf00d", map[string]string{"first": "ord-00c0ffee", "second": "ord-0badf00d"}, "first: second: ", true},
		{"one's own stands in for the known one", `^%{WORD:w}$`, "UPPER", nil, "w: ", true},
		{"alternatives of a name stay together", `^%{EITHER:e}c$`, "ac", map[string]string{"e": "a"}, "e: ", true},
		{"a regular expression's group", `user=(?P<user>\w+)`, "user=root", map[string]string{"user": "root"}, "user: ", false},
		{"a group without a name is no field", `(a+)(?P<b>b)`, "aab", map[string]string{"b": "b"}, "b: ", false},
		{"no match", `%{ORDER:order.id}`, "paid", nil, "order.id: ", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			x, err := g.Compile(test.source)
			if err != nil {
				t.Fatal(err)
			}
			var have map[string]string
			if m := x.RE.FindStringSubmatch(test.line); m != nil {
				have = make(map[string]string)
				for i, name := range x.Names[1:] {
					have[name] = m[i+1]
				}
			}
			if diff := cmp.Diff(test.want, have); diff != "" {
				t.Errorf("(-want +have):\n%s", diff)
			}
			types := ""
			for i, name := range x.Names[1:] {
				types += name + ":" + string(x.Types[i+1]) + " "
			}
			if types != test.types || x.Own != test.own {
				t.Errorf("have types %q, own %v, want %q, %v", types, x.Own, test.types, test.own)
			}
		})
	}
}

// A fault is told with the character at which it is in the pattern as written.
func TestGrokFaults(t *testing.T) {
	g := &Grok{own: map[string]string{"LOOP": `a%{LOOP2}`, "LOOP2": `%{LOOP}`, "BAD": `%{NOPE}`, "BIG": strings.Repeat("x", 30000)}}
	tests := []struct {
		name, source string
		column       int
		want         string
	}{
		{"unknown", `é %{NOPE:x}`, 3, `unknown grok pattern "NOPE"`},
		{"unknown within a name", `ab%{BAD}`, 3, `unknown grok pattern "NOPE" (in pattern "BAD")`},
		{"made of itself", `%{LOOP}`, 1, `pattern "LOOP" is made of itself (in pattern "LOOP2")`},
		{"no such form", `a%{IP:x y}`, 2, `expected %{PATTERN}, %{PATTERN:field} or %{PATTERN:field:type}, found "%{IP:x y}"`},
		{"no such type", `a%{IP:x:adress}`, 9, `expected a type, one of string, int, float, bool, duration, bytes, ip, found "adress"`},
		{"no regular expression", `%{IP:x} [z-a]`, 10, "expected a grok pattern or regular expression (RE2): error parsing regexp: invalid character class range: `z-a`"},
		{"too large", `%{BIG}%{BIG}%{BIG}`, 13, `the pattern expands to too much`},
		{"too many instructions", `(?:%{IP}%{IP}%{IP}%{IP}){20}`, 1, `instructions, 40000 are allowed`},
		{"too many fields", strings.Repeat("(?P<a>a)", 1) + manyFields(65), 1, `expected at most 64 captures, found 66`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := g.Compile(test.source)
			var at *Error
			if !errors.As(err, &at) {
				t.Fatalf("have %v, want an *Error", err)
			}
			if at.Column != test.column || !strings.HasPrefix(at.Message, test.want) && !strings.HasSuffix(at.Message, test.want) {
				t.Errorf("have %d: %s\nwant %d: %s", at.Column, at.Message, test.column, test.want)
			}
		})
	}
}

func manyFields(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("%{INT:f" + string(rune('a'+i/26)) + string(rune('a'+i%26)) + "}")
	}
	return b.String()
}

// Every known pattern can be used, but for two that are not well formed.
func TestKnownPatterns(t *testing.T) {
	for _, set := range known() {
		for name := range set {
			if name == "CISCOFW733100" || name == "CISCOFW302013_302014_302015_302016" {
				continue
			}
			if _, err := (*Grok)(nil).Compile("%{" + name + ":x}"); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// What is not in a line that matches is never required of it.
func TestRequired(t *testing.T) {
	tests := []struct{ source, want string }{
		{`^%{TIMESTAMP_ISO8601:timestamp} \[%{WORD:level}\] (?P<order>ord-[0-9a-f]{8}) x`, "ord-"},
		{`(?i)error`, ""},
		{`a|b`, ""},
		{`(?:abc)?de`, "de"},
		{`(?:abc){0,3}d`, "d"},
		{`(?:abcd)+e`, "abcd"},
		{`(?:abcd)*`, ""},
		{`x(?P<f>longer)y`, "longer"},
	}
	for _, test := range tests {
		x, err := (*Grok)(nil).Compile(test.source)
		if err != nil {
			t.Fatal(err)
		}
		if have := string(x.literal); have != test.want {
			t.Errorf("%s: have %q, want %q", test.source, have, test.want)
		}
	}
}

// Compile never panics, and what it accepts requires nothing that is not in what matches.
func FuzzGrok(f *testing.F) {
	f.Add(`%{IP:a} %{WORD:b:int}`, "10.0.0.1 x")
	f.Add(`%{%{x}`, "")
	f.Add(`((a)|(?P<x>b))+`, "ab")
	f.Fuzz(func(t *testing.T, source, line string) {
		x, err := (&Grok{own: map[string]string{"OWN": "a%{OWN2}", "OWN2": "b"}}).Compile(source)
		if err != nil {
			return
		}
		if x.RE.MatchString(line) && !strings.Contains(line, string(x.literal)) {
			t.Errorf("%q matches %q without %q", source, line, x.literal)
		}
		if len(x.Names) != x.RE.NumSubexp()+1 || len(x.Types) != len(x.Names) {
			t.Errorf("%d names and %d types for %d groups", len(x.Names), len(x.Types), x.RE.NumSubexp())
		}
	})
}
