package store

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/FastFilter/xorfilter"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"foghorn/pipeline"
)

func anyEvent(t *rapid.T, sources int) pipeline.Event {
	body := rapid.SliceOfN(rapid.Byte(), 0, 60).Draw(t, "body")
	text := rapid.SampledFrom([]string{"", "x", "svc", "é\xff", "0"})
	e := pipeline.Event{
		ID: pipeline.LineID{
			Source:     fmt.Sprint("s", rapid.IntRange(0, sources-1).Draw(t, "source")),
			Generation: rapid.SampledFrom([]uint64{0, 1, 1<<64 - 1}).Draw(t, "generation"),
			Offset:     rapid.Int64Range(0, 1<<62).Draw(t, "offset"),
		},
		Size: rapid.Int64Range(0, 1<<40).Draw(t, "size"), Body: body,
		Truncated: rapid.Bool().Draw(t, "cut"), TimeObserved: rapid.Bool().Draw(t, "no time"),
		Timestamp: rapid.Int64().Draw(t, "time"), Observed: rapid.Int64Range(0, 1<<60).Draw(t, "observed") / 1000 * 1000,
		Severity: pipeline.Severity(rapid.IntRange(0, 24).Draw(t, "severity")),
		Host:     text.Draw(t, "host"), Path: text.Draw(t, "path"), Service: text.Draw(t, "service"),
		SeverityText: text.Draw(t, "level"), Template: text.Draw(t, "template"), ErrorClass: text.Draw(t, "class"),
		TraceID: text.Draw(t, "trace"), SpanID: text.Draw(t, "span"),
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "attrs") {
		v := text.Draw(t, "value")
		if len(body) > 2 && rapid.Bool().Draw(t, "from body") {
			at := rapid.IntRange(0, len(body)-1).Draw(t, "at")
			v = string(body[at:rapid.IntRange(at, len(body)).Draw(t, "to")])
		}
		e.Attrs = append(e.Attrs, pipeline.Attr{Key: fmt.Sprint("k", rapid.IntRange(0, 2).Draw(t, "key"), i), Value: v})
	}
	return e
}

// TestBlocksGiveBackWhatWasWritten, whatever it was.
func TestBlocksGiveBackWhatWasWritten(t *testing.T) {
	w := newColumnWriter()
	rapid.Check(t, func(t *rapid.T) {
		h := newHead()
		for range rapid.IntRange(1, 40).Draw(t, "rows") {
			e := anyEvent(t, 3)
			h.append(&e, 0, 0)
		}
		v := h.view()
		sorted := v.sorted()
		var sources []blockSource
		for _, r := range v.runsOf(sorted) {
			sources = append(sources, blockSource{r.Source, r.Generation, r.FirstRow + r.Rows})
		}
		rows, core, fields := encodeBlock(t, w, v.blocksOf(sorted, len(sorted)))
		b := &Block{sources: sources}
		if err := b.decodeLines(encoded(&w.lines), len(rows)); err != nil {
			t.Fatal(err)
		}
		if err := b.decodeCore(bytes.Clone(core)); err != nil {
			t.Fatal(err)
		}
		if err := b.decodeFields(bytes.Clone(fields)); err != nil {
			t.Fatal(err)
		}
		for i, r := range rows {
			var got pipeline.Event
			b.Event(i, &got)
			want := r.event
			if len(want.Attrs) == 0 {
				want.Attrs, got.Attrs = nil, nil
			}
			if len(want.Body) == 0 {
				want.Body, got.Body = nil, nil
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("row %d (-want +got)\n%s", i, diff)
			}
		}
	})
}

// encodeBlock has a block encoded, and returns what its rows were.
func encodeBlock(t interface{ Fatal(...any) }, w *columnWriter, source rowSource) (rows []row, core, fields []byte) {
	w.start()
	n, err := source(func(r *row) {
		kept := *r
		kept.event.Attrs = slices.Clone(r.event.Attrs)
		rows = append(rows, kept)
		w.add(r, func(int, string, string, bool) {})
	})
	if err != nil || n != len(rows) || w.rows() != n {
		t.Fatal(err, n, len(rows), w.rows())
	}
	core, fields = w.encode()
	return rows, core, fields
}

// encoded is the lines group, as it is before it is compressed.
func encoded(w *lineWriter) []byte {
	text, choices, packed := w.encode(func(slotKind, [][]byte) {})
	return slices.Concat(text, choices, packed)
}

// FuzzDecode: bytes that are not what was written give an error and never a panic.
func FuzzDecode(f *testing.F) {
	w := newColumnWriter()
	feed := newFeeder()
	h := newHead()
	for _, e := range feed.record("a", 1, 20) {
		h.append(&e, 0, 0)
	}
	v := h.view()
	_, core, fields := encodeBlock(f, w, v.blocksOf(v.sorted(), 20))
	foot := (&footer{Number: 1, Rows: 20, Runs: v.runsOf(v.sorted()), Offsets: map[int]int64{0: 1}}).encode(nil)
	f.Add(encoded(&w.lines), core, fields, foot)
	f.Fuzz(func(t *testing.T, lines, core, fields, foot []byte) {
		b := &Block{sources: []blockSource{{"a", 1, 20}}}
		if b.decodeLines(lines, 20) == nil && b.decodeCore(core) == nil && b.decodeFields(fields) == nil {
			var e pipeline.Event
			for i := range b.Len() {
				b.Event(i, &e)
			}
		}
		var g footer
		_ = g.decode(foot, formatVersion) // an error is as good as none: it must not panic
	})
}

// TestFilterHoldsItsKeys, reads as the library that builds it does, and seldom says yes to
// other keys.
func TestFilterHoldsItsKeys(t *testing.T) {
	for _, n := range []int{1, 2, 3, 10, 1000, 50000} {
		var w filterWriter
		var keys []uint64
		for i := range n {
			keys = append(keys, mix(uint64(i+1)))
		}
		w.region = append(w.region, make([]byte, 100)...) // other filters before it
		p, err := w.add(slices.Clone(keys))
		if err != nil {
			t.Fatal(err)
		}
		lib, err := xorfilter.NewBinaryFuse[uint8](slices.Clone(keys))
		if err != nil {
			t.Fatal(err)
		}
		r := &filterReader{file: bytes.NewReader(w.region), size: uint64(len(w.region)), sums: pageSums(w.region)}
		wrong := 0
		for i := range 2 * n {
			key := mix(uint64(i + 1))
			got, err := p.has(r, key)
			if err != nil {
				t.Fatal(err)
			}
			if got != lib.Contains(key) || i < n && !got {
				t.Fatalf("%d keys: key %d: %v, library %v", n, i, got, lib.Contains(key))
			}
			if i >= n && got {
				wrong++
			}
		}
		if wrong > 3+n/100 {
			t.Errorf("%d keys: %d of %d other keys are let through", n, wrong, n)
		}
	}
}
