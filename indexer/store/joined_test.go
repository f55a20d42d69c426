package store

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"foghorn/pipeline"
)

// join makes one event of every run of up to n neighbours in a record, with the fields of
// the first.
func join(record []pipeline.Event, n int) (out []pipeline.Event) {
	for i := 0; i < len(record); i += n {
		e := record[i]
		for _, more := range record[i+1 : min(i+n, len(record))] {
			e.Body = slices.Concat(e.Body, []byte("\n"), more.Body)
			e.Size += more.Size
		}
		out = append(out, e)
	}
	return out
}

// rowsOf lists the rows that events become.
func rowsOf(events []pipeline.Event) (out []pipeline.Event) {
	for _, e := range events {
		for o := range e.Originals() {
			row := e
			row.ID.Offset, row.Size, row.Body, row.Sizes = o.Offset, o.Size, o.Raw, nil
			out = append(out, row)
		}
	}
	return out
}

// wholes lists all events that can be read, by source and in order. Each block must start
// with an event.
func wholes(t testing.TB, s *Store) map[string][]pipeline.Event {
	t.Helper()
	out := make(map[string][]pipeline.Event)
	for _, p := range s.View().Parts {
		for i := range p.Blocks() {
			b, err := p.Read(i, true)
			if err != nil {
				t.Fatal(err)
			}
			if n := b.Len(); b.rows != nil && b.rows[0].continues || b.rows == nil && b.sealed.flags[0]&flagContinues != 0 {
				t.Errorf("%s: block %d of %d rows starts within an event", p.File(), i, n)
			}
			for first, end := 0, 0; first < b.Len(); first = end {
				end = b.EventEnd(first)
				var e pipeline.Event
				b.Whole(first, end, &e, nil)
				out[e.ID.Source] = append(out[e.ID.Source], e)
			}
		}
	}
	return out
}

// drawJoined draws the events of a file: of one line, of several, redacted, and the last
// one without its line feed.
func drawJoined(t *rapid.T, source string) (out []pipeline.Event) {
	offset := int64(0)
	events := rapid.IntRange(1, 25).Draw(t, "events")
	for i := range events {
		e := pipeline.Event{
			ID: pipeline.LineID{Source: source, Generation: 1, Offset: offset}, Path: source, Body: []byte{},
			Timestamp: int64(i) * 1e9, Observed: int64(i) * 1e9, Service: rapid.SampledFrom([]string{"", "a"}).Draw(t, "service"),
		}
		lines := rapid.SampledFrom([]int{1, 1, 1, 2, 5, 20}).Draw(t, "lines")
		redacted := false
		var sizes []int64
		for j := range lines {
			if j > 0 {
				e.Body = append(e.Body, '\n')
			}
			line := rapid.StringMatching(`[a-c ]{0,6}`).Draw(t, "line")
			n := int64(len(line)) + 1
			if lines > 1 && rapid.IntRange(0, 20).Draw(t, "redact") == 0 {
				n, redacted = n+7, true
			}
			if i == events-1 && j == lines-1 && rapid.Bool().Draw(t, "open") && n > 1 {
				n--
			}
			e.Body, e.Size, sizes = append(e.Body, line...), e.Size+n, append(sizes, n)
		}
		if redacted {
			e.Sizes = sizes
		}
		if lines > 1 { // of the last line
			e.Attrs = []pipeline.Attr{{Key: "k", Value: string(e.Body[max(0, len(e.Body)-2):])}}
		}
		offset += e.Size
		out = append(out, e)
	}
	return out
}

// TestJoinedEventsComeBackWhole, from the head, from a segment and after a restart: no
// event straddles blocks or segments, and each original line has its number.
func TestJoinedEventsComeBackWhole(t *testing.T) {
	dir := t.TempDir()
	run := 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		cfg := testConfig(fmt.Sprint(dir, "/", run))
		s := mustOpen(t, cfg, Deps{})
		want := make(map[string][]pipeline.Event)
		for n, source := range []string{"a", "b"} {
			want[source] = drawJoined(r, source)
			half := len(want[source]) / 2
			for i, record := range [][]pipeline.Event{want[source][:half], want[source][half:]} {
				a, err := s.Append(t.Context(), n, int64(i+1), record)
				if err != nil {
					t.Fatal(err)
				}
				if rows := rowsOf(record); a.Lines != int64(len(rows)) || len(a.Gaps) > 0 || a.Duplicates > 0 {
					r.Fatalf("%+v, want %d lines", a, len(rows))
				}
				if s.sealing != nil {
					if err := s.Seal(); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		check := func(where string) {
			if diff := cmp.Diff(want, wholes(t, s), cmpopts.EquateEmpty()); diff != "" {
				r.Fatalf("%s: events (-want +got)\n%s", where, diff)
			}
			for _, source := range []string{"a", "b"} {
				if diff := cmp.Diff(linesOf(rowsOf(want[source])), contents(t, s)[source]); diff != "" {
					r.Fatalf("%s: lines (-want +got)\n%s", where, diff)
				}
			}
			at := make(map[string]int64)
			for _, p := range s.View().Parts {
				for _, u := range p.Runs() {
					if u.FirstLine != at[u.Source] || u.FirstSeq != at[u.Source] {
						r.Fatalf("%s: run of %s starts at line %d, %d of the source; want %d", where, u.Source, u.FirstLine, u.FirstSeq, at[u.Source])
					}
					at[u.Source] += int64(u.Rows)
				}
			}
			for _, src := range s.Sources() {
				if src.Lines != at[src.ID] {
					r.Fatalf("%s: %d lines of %s, want %d", where, src.Lines, src.ID, at[src.ID])
				}
			}
		}
		check("head")
		if err := s.Seal(); err != nil {
			t.Fatal(err)
		}
		check("segment")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = mustOpen(t, cfg, Deps{})
		check("restart")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestLinesThatCameBeforeAreCutOff: what a shipper joins otherwise after its crash is
// stored once, also when the index was started again in between.
func TestLinesThatCameBeforeAreCutOff(t *testing.T) {
	for _, restart := range []bool{false, true} {
		t.Run(fmt.Sprint("restart ", restart), func(t *testing.T) {
			cfg := testConfig(t.TempDir())
			lines := newFeeder().record("a", 1, 12)
			s := mustOpen(t, cfg, Deps{})
			if _, err := s.Append(t.Context(), 0, 1, join(lines[:5], 2)); err != nil {
				t.Fatal(err)
			}
			if restart {
				if err := s.Seal(); err != nil {
					t.Fatal(err)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				s = mustOpen(t, cfg, Deps{})
			}
			a, err := s.Append(t.Context(), 0, 2, join(lines, 4)) // 0-3, 4-7 of which 4 came, 8-11
			if err != nil {
				t.Fatal(err)
			}
			if a.Lines != 7 || a.Duplicates != 1 || len(a.Gaps) > 0 {
				t.Errorf("%+v, want 7 lines, 1 duplicate and no gap", a)
			}
			var got []string
			var e pipeline.Event
			for _, p := range s.View().Parts {
				for i := range p.Blocks() {
					b, err := p.Read(i, true)
					if err != nil {
						t.Fatal(err)
					}
					for r := range b.Len() {
						b.Event(r, &e)
						got = append(got, fmt.Sprintf("%d %s", e.ID.Offset, e.Body))
					}
				}
			}
			var want []string
			for _, l := range lines {
				want = append(want, fmt.Sprintf("%d %s", l.ID.Offset, l.Body))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("lines (-want +got)\n%s", diff)
			}
			if n := s.Sources()[0]; n.Missing != 0 || n.Lines != 12 {
				t.Errorf("%+v, want 12 lines and nothing missing", n)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestAnEventIsSeenWholeOrNotAtAll by searches that look while it comes.
func TestAnEventIsSeenWholeOrNotAtAll(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.SegmentLines = 1 << 20
	s := mustOpen(t, cfg, Deps{})
	const lines, events = 7, 200
	records := join(newFeeder().record("a", 1, lines*events), lines)
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range records {
			if _, err := s.Append(t.Context(), 0, int64(i+1), records[i:i+1]); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for seen := 0; seen < events && !t.Failed(); {
		seen = 0
		for _, e := range wholes(t, s)["a"] {
			if n := bytes.Count(e.Body, []byte("\n")) + 1; n != lines {
				t.Fatalf("an event of %d lines, want %d", n, lines)
			}
			seen++
		}
	}
	wg.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestFollowersGetWholeEvents, without the lines that came before.
func TestFollowersGetWholeEvents(t *testing.T) {
	s := mustOpen(t, testConfig(t.TempDir()), Deps{})
	lines := newFeeder().record("a", 1, 6)
	ch, end := s.Tail(4, func(n int) { t.Errorf("%d events missed", n) })
	defer end()
	want := [][]string{linesOf(join(lines[:2], 2)), linesOf([]pipeline.Event{lines[2]}), linesOf(join(lines[3:], 3))}
	second := join(lines[1:3], 2) // of which the first line came
	second[0].Attrs = lines[2].Attrs
	for i, record := range [][]pipeline.Event{join(lines[:2], 2), second, join(lines[3:], 3)} {
		if _, err := s.Append(t.Context(), 0, int64(i+1), record); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[i], linesOf(<-ch)); diff != "" {
			t.Errorf("record %d (-want +got)\n%s", i, diff)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
