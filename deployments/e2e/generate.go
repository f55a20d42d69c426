package e2e

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"time"
)

// Line is one generated log line and the stream that it belongs to.
type Line struct {
	Time    time.Time
	Service string
	Host    string
	Text    []byte
}

// Generator makes endless lines out of real ones: every number of three digits or more is
// another one each time, clock times are the line's own, and a quarter of the lines carry
// an id that no other line has. The same seed gives the same lines.
type Generator struct {
	rng      *rand.Rand
	services []service
	at       time.Time
	step     time.Duration
	n        int
}

type service struct {
	name  string
	lines []shape
}

// shape is a line with the places that change.
type shape struct {
	text   []byte
	clocks []int    // where "15:04:05" stands
	digits [][2]int // runs of digits to be made anew
}

// The generator's bounds: services on hosts, as the corpora give them.
const (
	Services = 16
	Hosts    = 8
	idEvery  = 4
)

var (
	clockTime = regexp.MustCompile(`\b\d\d:\d\d:\d\d\b`)
	number    = regexp.MustCompile(`\d{3,}`)
	date      = regexp.MustCompile(`\b(19|20)\d\d[-/.]\d\d[-/.]\d\d|\b(19|20)\d\d\b`)
)

// NewGenerator returns a generator of lines whose times begin at start, step apart.
func NewGenerator(seed uint64, corpora []Corpus, start time.Time, step time.Duration) (*Generator, error) {
	if len(corpora) < Services {
		return nil, fmt.Errorf("generate lines: want %d corpora, have %d", Services, len(corpora))
	}
	g := &Generator{rng: rand.New(rand.NewPCG(seed, 1)), at: start, step: step}
	for _, c := range corpora[:Services] {
		s := service{name: c.Name}
		for _, l := range c.Lines {
			s.lines = append(s.lines, shapeOf(l))
		}
		g.services = append(g.services, s)
	}
	return g, nil
}

func shapeOf(line []byte) shape {
	s := shape{text: line}
	fixed := date.FindAllIndex(line, -1)
	for _, at := range clockTime.FindAllIndex(line, -1) {
		s.clocks = append(s.clocks, at[0])
	}
	for _, at := range number.FindAllIndex(line, -1) {
		inDate := false
		for _, f := range fixed {
			inDate = inDate || at[0] < f[1] && f[0] < at[1]
		}
		if !inDate {
			s.digits = append(s.digits, [2]int{at[0], at[1]})
		}
	}
	return s
}

// Next returns the next line; its Text is the caller's.
func (g *Generator) Next() Line {
	s := &g.services[g.rng.IntN(len(g.services))]
	f := &s.lines[g.rng.IntN(len(s.lines))]
	text := append(make([]byte, 0, len(f.text)+24), f.text...)
	for _, d := range f.digits {
		text[d[0]] = byte('1' + g.rng.IntN(9))
		for i := d[0] + 1; i < d[1]; i++ {
			text[i] = byte('0' + g.rng.IntN(10))
		}
	}
	for _, at := range f.clocks {
		g.at.AppendFormat(text[:at], time.TimeOnly)
	}
	if g.n%idEvery == 0 {
		text = append(text, " id="...)
		text = append(text, ID(g.n)...)
	}
	l := Line{
		Time: g.at, Service: s.name, Host: "host-" + strconv.Itoa(g.rng.IntN(Hosts)), Text: text,
	}
	g.at = g.at.Add(g.step)
	g.n++
	return l
}

// ID is the id that line n carries, where it carries one.
func ID(n int) string {
	x := uint64(n) * 0x9e3779b97f4a7c15 // spread over all digits
	return fmt.Sprintf("%016x", x^x>>29)
}
