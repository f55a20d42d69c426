package search_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"foghorn/indexer/search"
	"foghorn/indexer/store"
	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// model keeps the same lines as a store, in plain slices, and answers by evaluating every
// one of them, or every event.
type model struct {
	order []string
	lines map[string][]*modelLine // by source
}

type modelLine struct {
	event  pipeline.Event  // with the line's own identity and body
	whole  *pipeline.Event // that it is a part of
	first  bool            // of its event
	number int64           // within its generation, from 1
	gone   bool            // retention took it
}

// thin has retention take the events that a query does not match, and returns how many lines
// that were.
func (m *model) thin(keep query.Node) (gone int64) {
	matcher := query.Compile(keep)
	for _, lines := range m.lines {
		for _, l := range lines {
			if !l.gone && !matcher.Match(l.whole) {
				l.gone = true
				gone++
			}
		}
	}
	return gone
}

func newModel() *model { return &model{lines: make(map[string][]*modelLine)} }

func (m *model) add(e pipeline.Event) {
	number := int64(1)
	for _, o := range m.lines[e.ID.Source] {
		if o.event.ID.Generation == e.ID.Generation {
			number++
		}
	}
	if m.lines[e.ID.Source] == nil {
		m.order = append(m.order, e.ID.Source)
		sort.Slice(m.order, func(a, b int) bool { // by path, and then by host
			hostA, pathA := pipeline.SplitSource(m.order[a])
			hostB, pathB := pipeline.SplitSource(m.order[b])
			return pathA < pathB || pathA == pathB && hostA < hostB
		})
	}
	sizes := e.Sizes
	for i, body := range bytes.Split(e.Body, []byte("\n")) {
		l := &modelLine{event: e, whole: &e, first: i == 0, number: number + int64(i)}
		l.event.Body, l.event.Size, l.event.Sizes = body, int64(len(body))+1, nil
		if sizes != nil {
			l.event.Size = sizes[i]
		}
		if i > 0 {
			before := &m.lines[e.ID.Source][len(m.lines[e.ID.Source])-1].event
			l.event.ID.Offset = before.ID.Offset + before.Size
		}
		m.lines[e.ID.Source] = append(m.lines[e.ID.Source], l)
	}
}

// render is one result, in a form that compares.
func render(e *pipeline.Event, number int64, context, group bool) string {
	s := fmt.Sprintf("%s %d %d+%d%v n=%d t=%d %s %q %v %s %s", e.ID.Source, e.ID.Generation, e.ID.Offset, e.Size, e.Sizes, number, e.Timestamp,
		e.Severity, e.Body, e.Attrs, e.Service, e.Host)
	if context {
		s = "- " + s
	}
	if group {
		s = "--\n" + s
	}
	return s
}

// matcherOf judges a line: by time its event, once, else the line, and Where on its event.
func matcherOf(req *search.Request) func(l *modelLine) bool {
	byTime := req.Mode == search.Lines && req.Order != search.ByFile
	var line, where *query.Matcher
	if req.Query != nil {
		line = query.Compile(req.Query)
	}
	if req.Where != nil {
		where = query.Compile(req.Where)
	}
	return func(l *modelLine) bool {
		e := &l.event
		if byTime {
			e = l.whole
		}
		if byTime && !l.first || l.gone {
			return false
		}
		if !req.Since.IsZero() && e.Timestamp < req.Since.UnixNano() || !req.Until.IsZero() && e.Timestamp >= req.Until.UnixNano() {
			return false
		}
		return (line == nil || line.Match(e)) && (where == nil || where.Match(l.whole))
	}
}

// answer is what a search must return.
func (m *model) answer(req *search.Request) (out []string) {
	match := matcherOf(req)
	if req.Mode == search.Lines && req.Order != search.ByFile {
		return m.byTime(req, match)
	}
	total, shownAny := 0, false
	for _, id := range m.order {
		lines := m.lines[id]
		if !slices.ContainsFunc(lines, func(l *modelLine) bool { return !l.gone }) {
			continue
		}
		count, last, lastMatch := 0, -1, -1
		show := func(i int, context bool) {
			if lines[i].gone {
				return
			}
			group := shownAny && (req.Before > 0 || req.After > 0) && (last < 0 || i != last+1)
			out = append(out, render(&lines[i].event, lines[i].number, context, group))
			last, shownAny = i, true
		}
		trail := func(end int) {
			if lastMatch < 0 {
				return
			}
			for i := max(last, lastMatch) + 1; i < end && i <= lastMatch+req.After; i++ {
				show(i, true)
			}
		}
		for i, l := range lines {
			if req.PerSource > 0 && count >= req.PerSource {
				break
			}
			if !match(l) {
				continue
			}
			count++
			if req.Mode != search.Lines {
				continue
			}
			trail(i)
			for b := max(i-req.Before, last+1); b < i; b++ {
				show(b, true)
			}
			show(i, false)
			lastMatch = i
			total++
		}
		switch req.Mode {
		case search.Lines:
			trail(len(lines))
		case search.Counts:
			out = append(out, fmt.Sprintf("%s %d", id, count))
		case search.Sources:
			if count > 0 {
				out = append(out, id)
			}
		}
	}
	return out
}

func (m *model) byTime(req *search.Request, match func(*modelLine) bool) []string {
	type place struct {
		source string
		at     int
		line   *modelLine
	}
	var all []place
	for _, id := range m.order {
		for i, l := range m.lines[id] {
			if match(l) {
				all = append(all, place{id, i, l})
			}
		}
	}
	sort.Slice(all, func(a, b int) bool {
		if all[a].line.event.Timestamp != all[b].line.event.Timestamp {
			return all[a].line.event.Timestamp < all[b].line.event.Timestamp
		}
		if all[a].source != all[b].source {
			return all[a].source < all[b].source
		}
		return all[a].at < all[b].at
	})
	if req.Order == search.Newest {
		for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
			all[i], all[j] = all[j], all[i]
		}
	}
	if req.Limit > 0 {
		all = all[:min(len(all), req.Limit)]
	}
	var out []string
	for _, p := range all {
		out = append(out, render(p.line.whole, p.line.number, false, false))
	}
	return out
}

// ask runs a search to its end, following cursors of partial answers.
func ask(t testing.TB, s *search.Searcher, req search.Request) ([]string, search.Summary) {
	t.Helper()
	var out []string
	for {
		sum, err := s.Search(context.Background(), req, func(h *search.Hit) error {
			switch req.Mode {
			case search.Counts:
				out = append(out, fmt.Sprintf("%s %d", h.Event.ID.Source, h.Count))
			case search.Sources:
				out = append(out, h.Event.ID.Source)
			default:
				out = append(out, render(h.Event, h.LineNumber, h.Context, h.Group))
			}
			return nil
		})
		if err != nil {
			t.Fatalf("search %s: %v", req.Query, err)
		}
		if !sum.Partial {
			return out, sum
		}
		if sum.Cursor == "" {
			t.Fatalf("search %s: partial without a cursor", req.Query)
		}
		req.Cursor = sum.Cursor
	}
}

// writer makes up lines and gives them to a store and its model.
type writer struct {
	rnd     *rand.Rand
	model   *model
	sources []*writerSource
	offset  int64 // of logs.events
	clock   int64
	// longWords puts words that are too long for a term into some lines.
	longWords bool
}

type writerSource struct {
	id         string
	generation uint64
	offset     int64
}

func newWriter(seed uint64, sources int) *writer {
	w := &writer{rnd: rand.New(rand.NewPCG(seed, 1)), model: newModel(), clock: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).UnixNano()}
	for i := range sources {
		w.sources = append(w.sources, &writerSource{id: fmt.Sprintf("web-%d:/var/log/app%d.log", i%3, i), generation: uint64(i)<<60 + 7})
	}
	return w
}

var vocabulary = strings.Fields(`connection refused timeout Connected to database mysql-7 GET POST /video/42 /index.html error
	ERROR Error: warn INFO id=7fa3c1 blk_-1608999687919862906 10.0.0.1 10.251.73.220:80 user root login failed Failed password
	for from port 22 ssh2 Straße É naïve K \x00 a b c x1y2 conn2db 0x7f 4bf92f3577b34da6a3ce929d0e0e4736 retrying in 30ms`)

// line makes up one line.
func (w *writer) line() (body string, words []string) {
	for range w.rnd.IntN(9) {
		word := vocabulary[w.rnd.IntN(len(vocabulary))]
		switch w.rnd.IntN(10) {
		case 0:
			word = fmt.Sprint(w.rnd.IntN(100000))
		case 1:
			word = strings.ToUpper(word)
		case 2:
			word += fmt.Sprint(w.rnd.IntN(10))
		}
		words = append(words, word)
	}
	body = strings.Join(words, [4]string{" ", "=", ", ", "-"}[w.rnd.IntN(4)])
	if w.longWords && w.rnd.IntN(200) == 0 {
		body += strings.Repeat([2]string{"long", "l0ng"}[w.rnd.IntN(2)], 30*(1+9*w.rnd.IntN(2)))
	}
	if w.rnd.IntN(100) == 0 {
		body += "\xff\xfe"
	}
	return body, words
}

// batch makes one record's events, of one line or of several.
func (w *writer) batch(n int) []pipeline.Event {
	src := w.sources[w.rnd.IntN(len(w.sources))]
	if w.rnd.IntN(12) == 0 { // rotation
		src.generation++
		src.offset = 0
	}
	var out []pipeline.Event
	for range n {
		body, words := w.line()
		sizes := []int64{int64(len(body)) + 1}
		if w.rnd.IntN(4) == 0 {
			for range 1 + w.rnd.IntN(6) {
				more, moreWords := w.line()
				sizes = append(sizes, int64(len(more))+1)
				body, words = body+"\n"+more, append(words, moreWords...)
			}
		}
		redacted := len(sizes) > 1 && w.rnd.IntN(8) == 0
		if redacted {
			sizes[w.rnd.IntN(len(sizes))] += 10
		}
		e := pipeline.Event{
			ID:   pipeline.LineID{Source: src.id, Generation: src.generation, Offset: src.offset},
			Body: []byte(body), Observed: w.clock + w.rnd.Int64N(1000), Severity: pipeline.Severity(w.rnd.IntN(25)),
		}
		for _, n := range sizes {
			e.Size += n
		}
		if redacted {
			e.Sizes = sizes
		}
		e.Timestamp = w.clock - w.rnd.Int64N(20)*int64(time.Second)
		e.Host, e.Path = pipeline.SplitSource(src.id)
		e.Service = [3]string{"shop", "video", ""}[w.rnd.IntN(3)]
		if w.rnd.IntN(2) == 0 {
			e.Attrs = append(e.Attrs, pipeline.Attr{Key: pipeline.FieldStatus, Value: fmt.Sprint(200 + 100*w.rnd.IntN(4) + w.rnd.IntN(3))})
		}
		if len(words) > 2 {
			// Of a joined event the last word is in another line than the first.
			e.Attrs = append(e.Attrs, pipeline.Attr{Key: "third", Value: words[2]}, pipeline.Attr{Key: "last", Value: words[len(words)-1]}, pipeline.Attr{Key: "request", Value: fmt.Sprint("R", w.rnd.IntN(1<<30))})
		}
		if w.rnd.IntN(3) == 0 {
			e.TraceID = fmt.Sprintf("%032x", w.rnd.IntN(500))
		}
		src.offset += e.Size
		w.clock += w.rnd.Int64N(int64(100 * time.Millisecond))
		out = append(out, e)
	}
	return out
}

func (w *writer) write(t testing.TB, s *store.Store, lines int) {
	t.Helper()
	for lines > 0 {
		events := w.batch(min(lines, 1+w.rnd.IntN(30)))
		lines -= len(events)
		w.offset++
		if _, err := s.Append(t.Context(), 0, w.offset, events); err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			w.model.add(e)
		}
	}
}
