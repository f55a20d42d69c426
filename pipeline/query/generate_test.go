package query

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// nodes writes random queries over few characters, so that they meet random lines of the
// same characters often.
type nodes struct{ r *rand.Rand }

var fewCharacters = []string{"a", "b", "A", "k", "K", "\u212a", "s", "ſ", "é", "É", "i", "ı", "1", "2", "_", " ", " ", ".", ":", "-", "—", "日", "\xff", "\xc3", "\x89", "/", "'", `"`, `\`, "*", "(", "ab", "ka", "AND", "OR"}

func (g nodes) text(max int) string {
	var b strings.Builder
	for range g.r.IntN(max + 1) {
		b.WriteString(fewCharacters[g.r.IntN(len(fewCharacters))])
	}
	return b.String()
}

func (g nodes) expression() string {
	from := []string{"a", "b", "k", "s", "é", "1", "_", " ", ":", "日", "ab", "ka", "[ab]", "[k-s]", ".", ".*", `\s`, `\s+`, `\w`, `\W`, `\d+`, `\b`, "^", "$", "(a|b)", "(ab|ka)?", "(k|sa|i)+", "(?:é| )", "(?i:ks)", "a{2}", "(a |b){1,2}", `\x{fffd}`, "[^a]", "|", "i?", "/", `\/`}
	var b strings.Builder
	for range 1 + g.r.IntN(6) {
		b.WriteString(from[g.r.IntN(len(from))])
	}
	return b.String()
}

// node returns a node as Parse makes it, or nil where the text drawn makes none.
func (g nodes) node(depth int) Node {
	kind := g.r.IntN(12)
	if depth > 0 && g.r.IntN(3) == 0 {
		kind = 12 + g.r.IntN(3)
	}
	switch kind {
	case 0, 1, 2:
		return textNode(g.text(4))
	case 3:
		return Exact{g.text(4)}
	case 4, 5:
		r, err := NewRegex(strings.ReplaceAll(g.expression(), `\/`, "/"), g.r.IntN(2) == 0)
		if err != nil {
			return nil
		}
		return r
	case 6, 7:
		return wildcardNode(strings.ReplaceAll(g.text(2), `\`, `\\`) + "*" + strings.ReplaceAll(g.text(2), `\`, `\\`) + "?"[:g.r.IntN(2)])
	case 8:
		return Exists{g.name()}
	case 9:
		return g.field()
	case 10, 11:
		opts := GrepOptions{Fixed: g.r.IntN(3) == 0, IgnoreCase: g.r.IntN(2) == 0, WordRegexp: g.r.IntN(3) == 0, LineRegexp: g.r.IntN(5) == 0}
		n, _, err := GrepPattern(opts, []string{patternSource{r: g.r, words: true}.pattern(1)})
		if err != nil {
			return nil
		}
		return n
	}
	var sub []Node
	for range 2 + g.r.IntN(3) {
		if n := g.node(depth - 1); n != nil {
			sub = append(sub, n)
		}
	}
	switch {
	case len(sub) < 2:
		return nil
	case kind == 12:
		return And{sub}
	case kind == 13:
		return Or{sub}
	}
	return Not{sub[0]}
}

func (g nodes) name() string {
	return []string{"level", "status", "host", "a", "x.y", "app/name", "ü", "1st", "body"}[g.r.IntN(9)]
}

func (g nodes) field() Node {
	f := Field{Name: g.name(), Op: Op(g.r.IntN(int(Between) + 1)), Value: g.text(3)}
	switch f.Op {
	case Equal, Less, LessEqual, Greater, GreaterEqual:
		if f.Value == "" || isLevel(f.Name) {
			f.Value = "warn"
		}
	case Glob:
		f.Value = "*" + strings.ReplaceAll(strings.ReplaceAll(f.Value, `\`, `\\`), "*", `\*`) + "a?"
	case Contains:
		f.Value += " a"
	case Matches:
		r, err := NewRegex("a/"+f.Value, true)
		if err != nil {
			return nil
		}
		f.Value, f.Fold, f.RE = r.Source, true, r.RE
		if strings.Contains(f.Value, `\`) {
			return nil
		}
	case Between:
		f.Value, f.Low, f.High = "", "error", "*"
		if !isLevel(f.Name) {
			f.Low = g.text(3)
		}
		f.LowInclude, f.HighInclude = g.r.IntN(2) == 0, g.r.IntN(2) == 0
	}
	return f
}

// wordSet returns the folded words of a line.
func wordSet(line string) [][]byte {
	var set [][]byte
	b := []byte(line)
	Words(b, func(start, end int) bool {
		set = append(set, Fold(nil, b[start:end]))
		return true
	})
	return set
}

func random(t testing.TB, a, b uint64) nodes {
	t.Helper()
	return nodes{rand.New(rand.NewPCG(a, b))}
}
