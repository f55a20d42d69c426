package query

import (
	"testing"

	"pgregory.net/rapid"
)

func checkRoundTrip(t interface {
	Fatalf(string, ...any)
}, n Node) {
	text := n.String()
	again, err := Parse(text)
	if err != nil {
		t.Fatalf("%#v prints as %q: %v", n, text, err)
	}
	if !Same(n, again) {
		t.Fatalf("%#v prints as %q, which is %#v", n, text, again)
	}
}

func TestStringIsAQueryThatParsesToAnEqualNode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := random(&testing.T{}, rapid.Uint64().Draw(t, "a"), 1)
		if n := g.node(3); n != nil {
			checkRoundTrip(t, n)
		}
	})
}

func FuzzRoundTrip(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		g := random(t, a, b)
		for range 50 {
			if n := g.node(3); n != nil {
				checkRoundTrip(t, n)
			}
		}
	})
}

func TestSameTellsNodesApart(t *testing.T) {
	a, b := Word{"a"}, Word{"b"}
	different := []Node{All{}, a, b, And{[]Node{a, b}}, Or{[]Node{a, b}}, And{[]Node{b, a}}, Not{a}, Exact{"a"}, Phrase{[]string{"a", "b"}, "a b"},
		Phrase{[]string{"a", "b"}, "a.b"}, Regex{Source: "a"}, Regex{Source: "a", Fold: true}, Wildcard{"a"}, Exists{"a"}, Field{Name: "a"}, Field{Name: "a", Op: Less},
		Grep{Patterns: []string{"a"}}, Grep{Patterns: []string{"a"}, Options: GrepOptions{Fixed: true}}}
	for i, x := range different {
		for j, y := range different {
			if Same(x, y) != (i == j) {
				t.Errorf("Same(%#v, %#v) is %v", x, y, Same(x, y))
			}
		}
	}
}
