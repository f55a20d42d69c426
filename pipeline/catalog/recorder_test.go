package catalog

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"foghorn/pipeline"
)

var day = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// bench is a Recorder and a Board that reads what it writes, with no topic in between.
type bench struct {
	t        *testing.T
	board    *Board
	recorder *Recorder
	next     int64
	now      time.Time
}

func newBench(t *testing.T, cfg Config) *bench {
	t.Helper()
	b := &bench{t: t, board: NewBoard(cfg, nil, zerolog.Nop()), now: day}
	b.recorder = NewRecorder(cfg, b.board, 0)
	return b
}

// mine gives the recorder a line with an event time.
func (b *bench) mine(at time.Time, text string) pipeline.Event {
	e := pipeline.Event{Timestamp: at.UnixNano(), Observed: b.now.UnixNano(), Body: []byte(text)}
	b.recorder.Mine(b.next, &e, e.Body)
	b.next++
	return e
}

// flush lets time pass, and the board read.
func (b *bench) flush(passed time.Duration) []pipeline.Message {
	b.t.Helper()
	b.now = b.now.Add(passed)
	out, err := b.recorder.Flush(b.now, b.next)
	if err != nil {
		b.t.Fatal(err)
	}
	b.board.take(out)
	return out
}

func keys(out []pipeline.Message) (list []string) {
	for _, m := range out {
		key := string(m.Key)
		if m.Value == nil {
			key = "-" + key
		}
		if !strings.Contains(key, "/") {
			key = "template"
		}
		list = append(list, key)
	}
	return list
}

// New templates are written at once, counts every Interval, and the progress last; nothing
// is written when nothing has come.
func TestFlush(t *testing.T) {
	b := newBench(t, DefaultConfig())
	zero := int64(0)
	b.recorder.counts.begin = &zero
	steps := []struct {
		name string
		text string
		wait time.Duration
		want []string
	}{
		{"a new template", "took 1 ms", 0, []string{"template", "progress/0"}},
		{"a known one", "took 2 ms", time.Second, nil},
		{"after the interval", "took 3 ms", 5 * time.Second, []string{fmt.Sprintf("counts/0/%d/300", day.Unix()), "progress/0"}},
		{"nothing has come", "", 5 * time.Second, nil},
		{"another one", "cache miss", time.Second, []string{"template"}},
	}
	for _, s := range steps {
		if s.text != "" {
			b.mine(day, s.text)
		}
		if diff := cmp.Diff(s.want, keys(b.flush(s.wait))); diff != "" {
			t.Errorf("%s (-want +have):\n%s", s.name, diff)
		}
	}
}

// Counts keep their grain for Config.Fine, are then joined to hours, and the oldest hours to
// one; sums stay what they were, also for lines that come very late.
func TestCountsGetOld(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Spans = 26
	b := newBench(t, cfg)
	b.now = day.Add(time.Minute)
	for minute := range 120 {
		b.mine(day.Add(time.Duration(minute)*time.Minute), "took 1 ms")
	}
	b.flush(0)
	check := func(name string, q Query, lines int64, from, to time.Time, spans int) {
		t.Helper()
		list := b.board.List(q)
		if len(list.Rows) != 1 || list.Rows[0].Count != lines || !list.From.Equal(from) || !list.To.Equal(to) || b.board.Stats().Spans != spans {
			t.Errorf("%s: have %+v and %d spans, want %d lines from %v to %v and %d spans", name, list, b.board.Stats().Spans, lines, from, to, spans)
		}
	}
	end := day.Add(2 * time.Hour)
	b.flush(2 * time.Hour)
	check("ten minutes", Query{To: day.Add(10 * time.Minute)}, 10, day, day.Add(10*time.Minute), 24)
	b.mine(end, "took 1 ms")
	b.flush(24 * time.Hour) // both hours ended more than a day ago
	check("hours", Query{To: end}, 120, day, end, 3)
	b.mine(day.Add(time.Minute), "took 1 ms") // very late
	b.flush(5 * time.Second)
	check("the first hour", Query{To: day.Add(time.Hour)}, 61, day, day.Add(time.Hour), 3)
	for hour := range 40 {
		b.mine(end.Add(time.Duration(hour)*time.Hour), "took 1 ms")
	}
	b.flush(100 * time.Hour)
	// 42 hours and no span of five minutes: the oldest 16 are one.
	until := day.Add(16 * time.Hour)
	check("what was before", Query{To: until}, 121+1+14, time.Unix(0, 0), until, 27)
	check("since then", Query{From: until}, 26, until, day.Add(42*time.Hour), 27)
	b.mine(day, "took 1 ms")
	b.flush(5 * time.Second)
	check("a line of then", Query{To: until}, 121+1+15, time.Unix(0, 0), until, 27)
	again := NewRecorder(cfg, b.board, 0)
	if counts, progress := b.board.of(0); progress != b.next {
		t.Errorf("have %d spans, counted to %d, want %d", len(counts), progress, b.next)
	} else if again.counts.restore(counts); len(again.counts.spans) != 27 {
		t.Errorf("restored %d spans, want 27", len(again.counts.spans))
	}
	b.recorder = again // after a restart
	b.mine(day, "took 1 ms")
	b.flush(0)
	b.flush(5 * time.Second)
	check("a line of then, after a restart", Query{To: until}, 121+1+16, time.Unix(0, 0), until, 27)
}

// The variables of a line are fields of its event, in the order of the template's
// wildcards; a line that has such fields of its own gets none.
func TestVariablesAreFields(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Variables = 2
	b := newBench(t, cfg)
	if diff := cmp.Diff([]pipeline.Attr{{Key: "var.1", Value: "12"}, {Key: "var.2", Value: "10.0.0.9"}}, b.mine(day, "job 12 from 10.0.0.9 took 250 ms").Attrs); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	e := pipeline.Event{Timestamp: day.UnixNano(), Attrs: []pipeline.Attr{{Key: "var.1", Value: "own"}}}
	b.recorder.Mine(1, &e, []byte("job 13 from 10.0.0.9 took 250 ms"))
	if len(e.Attrs) != 1 || e.Attrs[0].Value != "own" {
		t.Errorf("have %v, want the line's own", e.Attrs)
	}
}

// Services beyond Config.MaxServices are counted together.
func TestManyServices(t *testing.T) {
	cfg := DefaultConfig()
	cfg.MaxServices = 3
	b := newBench(t, cfg)
	for i := range 20 {
		e := pipeline.Event{Timestamp: day.UnixNano(), Service: fmt.Sprint("s", i)}
		b.recorder.Mine(int64(i), &e, []byte("hello"))
	}
	b.flush(0)
	b.flush(time.Minute)
	list := b.board.List(Query{})
	if len(list.Rows) != 1 || list.Rows[0].Count != 20 || len(list.Rows[0].Services) != 3 {
		t.Errorf("have %+v, want 20 lines of 3 services", list)
	}
}

// A split's text is matched with the runs of white space taken as one space.
func TestSplit(t *testing.T) {
	tests := []struct {
		text, line string
		want       bool
	}{
		{"link <*> is down", "link  eth0 is\tdown", true},
		{"link <*> is down", "link eth0 is up", false},
		{"link down", "link down", true},
		{"link down", "link down now", false},
		{"<*> a <*> b <*>", "x a y b z", true},
		{"<*> a <*> b <*>", "x b y a z", false},
		{"a<*>a", "a", false},
	}
	for _, test := range tests {
		s := newSplit("id", test.text)
		if have := s.matches(spaced(nil, []byte(test.line))); have != test.want {
			t.Errorf("%s: %s: have %v, want %v", test.text, test.line, have, test.want)
		}
	}
}

// A record that cannot be read is left out and counted; those around it are taken.
func TestBadRecords(t *testing.T) {
	b := newBench(t, DefaultConfig())
	b.mine(day, "took 1 ms")
	good := b.flush(0)
	var bad []pipeline.Message
	for _, m := range []struct{ key, value string }{
		{"counts/0/x/300", "{}"}, {"counts/0/300", "{}"}, {"counts/0/0/300", "["}, {"progress/x", "{}"}, {"progress/0", "["},
		{"curation/x", "["}, {"0000000000000000", "["}, {"0000000000000000", `{"id":"1"}`},
	} {
		bad = append(bad, pipeline.Message{Key: []byte(m.key), Value: []byte(m.value)})
	}
	board := NewBoard(DefaultConfig(), nil, zerolog.Nop())
	board.take(append(bad, good...))
	reg := prometheus.NewPedanticRegistry()
	reg.MustRegister(board.Collector())
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]float64{}
	for _, f := range families {
		have[f.GetName()] = f.GetMetric()[0].GetCounter().GetValue() + f.GetMetric()[0].GetGauge().GetValue()
	}
	want := map[string]float64{
		"foghorn_templates_bad_records_total": 8, "foghorn_templates_known": 1, "foghorn_templates_left_out_total": 0,
		"foghorn_templates_spans": 0, "foghorn_templates_decisions": 0,
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("metrics (-want +have):\n%s", diff)
	}
	if s := board.Stats(); s.Bad != int64(len(bad)) || s.Templates != 1 {
		t.Errorf("have %+v, want %d bad records and one template", s, len(bad))
	}
}

// Memory and topic stay bounded when every line is of a template of its own: the rarest
// templates go, those with many lines and those that people have named stay, every line
// counts, and a removed template that comes again is written again.
func TestRandomText(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Miner.MaxTemplates, cfg.MaxTemplates = 200, 400
	b := newBench(t, cfg)
	word := func(i int) string {
		var w []byte
		for n := i*7919 + 1; n > 0; n /= 26 {
			w = append(w, byte('a'+n%26))
		}
		return string(w)
	}
	frequent := b.mine(b.now, "took 1 ms").Template
	named := b.mine(b.now, "this one has a name").Template
	b.flush(0)
	text, err := message(keyCuration+named, &Curation{ID: named, Name: "named"})
	if err != nil {
		t.Fatal(err)
	}
	b.board.take([]pipeline.Message{text})
	lines := int64(2)
	var first pipeline.Event
	for i := range 3000 {
		e := b.mine(b.now, word(3*i)+" "+word(3*i+1)+" "+word(3*i+2)+" "+word(i+9000))
		if i == 0 {
			first = e
		}
		b.mine(b.now, "took 1 ms")
		lines += 2
		if i%50 == 0 {
			b.flush(time.Minute)
		}
	}
	b.flush(time.Minute)
	s := b.board.Stats()
	if s.Templates > cfg.MaxTemplates || len(b.recorder.known) > 2*cfg.Miner.MaxTemplates+1 || b.board.ids.known().Len() > 2*cfg.MaxTemplates {
		t.Errorf("have %+v, %d known to the recorder, %d to the board's miner", s, len(b.recorder.known), b.board.ids.known().Len())
	}
	list := b.board.List(Query{})
	sum := list.Others
	for _, r := range list.Rows {
		sum += r.Count
	}
	if sum != lines || list.Rows[0].ID != frequent || list.Rows[0].Count != 3001 {
		t.Errorf("have %d lines, want %d; the most frequent is %+v", sum, lines, list.Rows[0])
	}
	if row, ok := b.board.Get(named); !ok || row.Name != "named" {
		t.Errorf("have %+v, want the named one", row)
	}
	if b.board.templates[first.Template] != nil {
		t.Fatal("the first of the rare ones is still there")
	}
	again := pipeline.Event{Timestamp: b.now.UnixNano(), Body: first.Body}
	b.recorder.Mine(b.next, &again, again.Body)
	have := keys(b.flush(0))
	if again.Template == first.Template && len(have) == 0 || b.board.templates[again.Template] == nil {
		t.Errorf("a removed template came again: %s, was %s, wrote %v", again.Template, first.Template, have)
	}
}

// Wait ends with its context.
func TestWaitEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := NewBoard(DefaultConfig(), nil, zerolog.Nop()).Wait(ctx); err == nil {
		t.Error("no error")
	}
}

func TestConfig(t *testing.T) {
	cfg := DefaultConfig()
	if err := cfg.Validate(); err != nil {
		t.Error(err)
	}
	bad := Config{Span: 7 * time.Minute, Fine: time.Minute, Variables: 65}
	err := bad.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"max templates", "interval", "span", "fine", "spans", "max_services", "variables"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}
