package match

import (
	"strings"

	"github.com/cloudflare/ahocorasick"

	"foghorn/pipeline/query"
	"foghorn/rules"
)

// minLiteral is the length below which a literal is in too many lines to be worth a
// look.
const minLiteral = 3

// program is a compiled set of rules. It is used by one goroutine.
type program struct {
	set      *rules.Set
	rules    []compiled
	always   []int // rules that no literal tells anything about
	literals *ahocorasick.Matcher
	owners   [][]int // rules by literal
	lower    []byte  // scratch: the line in lower case
	seen     []uint64
	turn     uint64
}

type compiled struct {
	rule  *rules.Rule
	match *query.Matcher
}

// compile prepares a set. All literals that a rule's lines must hold are searched for at
// once, so that a rule costs nothing on the lines that lack them: BenchmarkManyRules.
func compile(set *rules.Set) *program {
	p := &program{set: set, seen: make([]uint64, len(set.Rules()))}
	index := make(map[string]int)
	var words []string
	for i, r := range set.Rules() {
		p.rules = append(p.rules, compiled{r, query.Compile(r.Match)})
		any := literals(r.Match)
		if len(any) == 0 {
			p.always = append(p.always, i)
		}
		for _, w := range any {
			at, ok := index[w]
			if !ok {
				at = len(words)
				index[w], words, p.owners = at, append(words, w), append(p.owners, nil)
			}
			p.owners[at] = append(p.owners[at], i)
		}
	}
	if len(words) > 0 {
		p.literals = ahocorasick.NewStringMatcher(words)
	}
	return p
}

// candidates calls try with the rules that can match a line. A line that is not ASCII
// goes to all of them: folding can turn other letters into ASCII ones.
func (p *program) candidates(line []byte, try func(rule int)) {
	if p.literals == nil {
		for i := range p.rules {
			try(i)
		}
		return
	}
	for _, i := range p.always {
		try(i)
	}
	p.lower = p.lower[:0]
	for _, c := range line {
		if c >= 0x80 {
			p.rest(try)
			return
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		p.lower = append(p.lower, c)
	}
	p.turn++
	for _, hit := range p.literals.Match(p.lower) {
		for _, i := range p.owners[hit] {
			if p.seen[i] != p.turn {
				p.seen[i] = p.turn
				try(i)
			}
		}
	}
}

// rest tries all rules that are not in always.
func (p *program) rest(try func(rule int)) {
	next := 0
	for i := range p.rules {
		if next < len(p.always) && p.always[next] == i {
			next++
			continue
		}
		try(i)
	}
}

// literals returns texts in lower case of which every ASCII line that matches n holds at
// least one, in its lower-case form; none when nothing is known.
func literals(n query.Node) []string {
	var best []string
	for _, alternatives := range query.Required(n) {
		var texts []string
		for _, need := range alternatives {
			if !ascii(need.Text) {
				continue // not in an ASCII line
			}
			texts = append(texts, strings.ToLower(need.Text))
		}
		if len(texts) > 0 && shortest(texts) >= minLiteral && (best == nil || shortest(texts) > shortest(best)) {
			best = texts
		}
	}
	return best
}

func ascii(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}

func shortest(texts []string) int {
	n := len(texts[0])
	for _, t := range texts {
		n = min(n, len(t))
	}
	return n
}
