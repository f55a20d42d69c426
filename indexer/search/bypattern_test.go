package search_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/indexer/search"
	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// patternLines makes lines of few patterns, with words that change, and now and then one that is
// like no other: of any bytes, with NULs, with more words with digits than are taken out.
type patternLines struct{ *rand.Rand }

func (r patternLines) line() string {
	id := func() string { return fmt.Sprintf("%x", r.Uint64()>>(4*r.IntN(15))) }
	switch r.IntN(16) {
	case 0, 1, 2:
		return fmt.Sprintf("Failed password for user%d from 10.0.%d.%d port %d ssh2", r.IntN(50), r.IntN(9), r.IntN(200), r.IntN(65536))
	case 3, 4:
		return fmt.Sprintf("PacketResponder %d for block blk_-%d terminating", r.IntN(3), r.Uint64N(1e18))
	case 5, 6:
		return fmt.Sprintf("Connection reset by peer, id=%s [conn%d]", id(), r.IntN(1000))
	case 7:
		return fmt.Sprintf("GET /video/%d/index.html HTTP/1.%d %dms é%d", r.IntN(99), r.IntN(2), r.IntN(900), r.IntN(20))
	case 8:
		return []string{"Address already in use", "address in use already", "timeout", "42", ""}[r.IntN(5)]
	case 9:
		return fmt.Sprintf("Straße %d K%dx “error%d” NAÏVE %s", r.IntN(9), r.IntN(9), r.IntN(3), id())
	case 10:
		return fmt.Sprintf("password for root: Address %d already in use", r.IntN(20))
	case 11: // any bytes
		b := make([]byte, r.IntN(40))
		for i := range b {
			b[i] = byte(r.IntN(256))
		}
		return strings.ReplaceAll(string(b), "\n", " ")
	case 12: // NULs among words
		return fmt.Sprintf("Failed\x00password for x%d\x00 block", r.IntN(9))
	case 13: // bad bytes at the edges of words with digits
		return fmt.Sprintf("Failed \xc3%d\xa9 from \xe2\x82%d in use \xff", r.IntN(9), r.IntN(99))
	case 14:
		if r.IntN(10) == 0 { // more slots than there can be
			return "many " + strings.Repeat(fmt.Sprintf("x%d ", r.IntN(9)), 255+r.IntN(40)) + "Failed password"
		}
	}
	return "session opened for user root by uid " + fmt.Sprint(r.IntN(3))
}

// text takes a piece out of a line, which may begin and end within words.
func (r patternLines) text(lines []string) string {
	l := lines[r.IntN(len(lines))]
	if l == "" {
		return "a"
	}
	at := r.IntN(len(l))
	return l[at : at+1+r.IntN(min(len(l)-at, 24))]
}

func (r patternLines) query(lines []string, depth int) query.Node {
	if depth > 0 {
		a, b := func() query.Node { return r.query(lines, depth-1) }, func() query.Node { return r.query(lines, depth-1) }
		switch r.IntN(8) {
		case 0, 1:
			return query.And{Nodes: []query.Node{a(), b()}}
		case 2:
			return query.Or{Nodes: []query.Node{a(), b()}}
		case 3:
			return query.Not{Node: a()}
		}
	}
	text := r.text(lines)
	var words []string
	folded := query.Fold(nil, []byte(text))
	query.Words(folded, func(start, end int) bool {
		words = append(words, string(folded[start:end]))
		return true
	})
	grep := func(o query.GrepOptions) query.Node {
		n, _, err := query.GrepPattern(o, []string{text})
		if err != nil {
			return query.Exact{Text: text}
		}
		return n
	}
	switch r.IntN(12) {
	case 0, 1:
		return query.Exact{Text: text}
	case 10:
		return grep(query.GrepOptions{IgnoreCase: r.IntN(2) == 0, WordRegexp: r.IntN(4) == 0, LineRegexp: r.IntN(8) == 0})
	case 11: // of which some match what lines of a pattern have in common
		text = []string{
			".", "", "[a-z]+ed", "[A-Z][a-z]*[[:space:]]+[a-z]", "(in|by) .*[a-z]", "x?[a-z]{3}", "[a-z]$", "^[a-z]", `\<use\b`, `\Br`, "[^a-z ]",
			"ß|é|k", "[é-ü]", `\[|\.`, "[0-9]", "word.{1,9}r",
		}[r.IntN(16)]
		return grep(query.GrepOptions{IgnoreCase: r.IntN(2) == 0, WordRegexp: r.IntN(6) == 0, LineRegexp: r.IntN(9) == 0})
	case 2:
		if len(words) > 1 {
			return query.Phrase{Words: words, Text: text}
		}
	case 3:
		if len(words) > 0 {
			return query.Word{Text: words[r.IntN(len(words))]}
		}
	case 4:
		return grep(query.GrepOptions{Fixed: true})
	case 5:
		return grep(query.GrepOptions{Fixed: true, IgnoreCase: true, WordRegexp: r.IntN(2) == 0})
	case 6:
		if len(words) > 0 {
			re, err := query.NewRegex(words[0]+".*[0-9]", r.IntN(2) == 0)
			if err == nil {
				return re
			}
		}
	case 7:
		if len(words) > 0 {
			return query.Wildcard{Pattern: words[0] + "*"}
		}
	case 8:
		return query.Field{Name: "host", Op: query.Equal, Value: "web-1"}
	}
	return []query.Node{
		query.Phrase{Words: []string{"failed", "password"}, Text: "failed password"},
		query.Phrase{Words: []string{"already", "in", "use"}, Text: "already in use"},
		query.Word{Text: "error"}, query.Exact{Text: "password for"}, query.Exact{Text: "sword"},
		query.Exact{Text: "id="}, query.Exact{Text: "blk_-1"}, query.Phrase{Words: []string{"peer", "session"}, Text: "peer session"},
		query.Field{Name: "service", Op: query.Equal, Value: "shop"}, query.All{},
	}[r.IntN(10)]
}

// TestPatternsDecideAsEachLineWould: whatever is decided by pattern, the answer is the one that
// evaluating every line would give; and patterns decide lines, and whole blocks, and leave some
// lines to be looked at.
func TestPatternsDecideAsEachLineWould(t *testing.T) {
	for _, joined := range []bool{false, true} {
		t.Run(fmt.Sprintf("events of several lines %t", joined), func(t *testing.T) {
			r := patternLines{rand.New(rand.NewPCG(77, 3))}
			s, _ := open(t, storeConfig(t))
			w := newWriter(5, 4)
			var lines []string
			for len(lines) < 1500 {
				events := w.batch(20)
				for i := range events {
					e := &events[i]
					n := 1
					if joined && r.IntN(5) == 0 {
						n += r.IntN(4)
					}
					var body []string
					for range n {
						body = append(body, r.line())
					}
					lines = append(lines, body...)
					e.Body, e.Sizes, e.Attrs = []byte(strings.Join(body, "\n")), nil, nil
					src := w.sources[0]
					for _, o := range w.sources {
						if o.id == e.ID.Source {
							src = o
						}
					}
					if i == 0 {
						src.generation++ // offsets begin anew
						src.offset = 0
					}
					e.ID.Generation, e.ID.Offset, e.Size = src.generation, src.offset, int64(len(e.Body))+1
					src.offset += e.Size
				}
				w.offset++
				if _, err := s.Append(t.Context(), 0, w.offset, events); err != nil {
					t.Fatal(err)
				}
				for _, e := range events {
					w.model.add(e)
				}
			}
			if err := s.Seal(); err != nil {
				t.Fatal(err)
			}
			indexed(t, s)
			x := searcher(t, s)
			start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
			var byPattern, byLine, blocks, found int64
			for range 300 {
				req := search.Request{Query: r.query(lines, 2), Order: search.Order(r.IntN(3)), Mode: search.Mode(max(0, r.IntN(6)-3)), Explain: true}
				if r.IntN(4) == 0 {
					req.Where = r.query(lines, 1)
				}
				if r.IntN(4) == 0 {
					req.Since = start.Add(time.Duration(r.IntN(100)-20) * time.Second)
				}
				if req.Mode != search.Lines {
					req.Order = search.ByFile
				}
				have, sum := ask(t, x, req)
				if diff := cmp.Diff(w.model.answer(&req), have); diff != "" {
					t.Fatalf("%s, where %v, %+v (-want +have)\n%.3000s", req.Query, req.Where, req, diff)
				}
				found += int64(len(have))
				byPattern += sum.Explain.LinesByPattern
				byLine += sum.Explain.LinesRead - sum.Explain.LinesByPattern
				blocks += int64(sum.Explain.BlocksByPattern)
			}
			if found < 5000 || byPattern < 5000 || byLine < 5000 || blocks < 50 {
				t.Errorf("found %d results; decided %d lines by pattern, %d by line, and %d whole blocks: too few to tell", found, byPattern, byLine, blocks)
			}
		})
	}
}

// TestRowsAreReadOneByOne: a block that was opened gives, for each row that is loaded in any
// order and by many at a time, what the block read as a whole gives.
func TestRowsAreReadOneByOne(t *testing.T) {
	w := newWriter(8, 5)
	s, _ := open(t, storeConfig(t))
	w.write(t, s, 900)
	if err := s.Seal(); err != nil {
		t.Fatal(err)
	}
	for _, p := range s.View().Parts {
		for i := range p.Blocks() {
			whole, err := p.Read(i, false)
			if err != nil {
				t.Fatal(err)
			}
			b, err := p.Open(i)
			if err != nil {
				t.Fatal(err)
			}
			errs := make(chan error, 4)
			for seed := range 4 {
				go func() { errs <- compareRows(whole, b, rand.New(rand.NewPCG(uint64(seed), uint64(i)))) }()
			}
			for range 4 {
				if err := <-errs; err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func compareRows(whole, b interface {
	Len() int
	Load(first, end int) error
	Event(int, *pipeline.Event)
	Body(int) []byte
}, r *rand.Rand) error {
	for _, row := range r.Perm(b.Len()) {
		if err := b.Load(row, row+1); err != nil {
			return err
		}
		var want, have pipeline.Event
		whole.Event(row, &want)
		b.Event(row, &have)
		if diff := cmp.Diff(want, have); diff != "" || !bytes.Equal(whole.Body(row), b.Body(row)) {
			return fmt.Errorf("row %d (-want +have)\n%s", row, diff)
		}
	}
	return nil
}
