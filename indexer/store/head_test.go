package store

import (
	"fmt"
	"runtime"
	"testing"
	"weak"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
)

// TestTheHeadKeepsLinesAndNotTheirRecords: a line shares the memory of what was fetched;
// a head that kept it would take many times what it counts.
func TestTheHeadKeepsLinesAndNotTheirRecords(t *testing.T) {
	s := mustOpen(t, testConfig(t.TempDir()), Deps{})
	record := new([1 << 20]byte)
	copy(record[:], "a line of a large record")
	kept := weak.Make(record)
	events := []pipeline.Event{{ID: pipeline.LineID{Source: "a", Generation: 1}, Size: 25, Body: record[:24]}}
	if _, err := s.Append(t.Context(), 0, 1, events); err != nil {
		t.Fatal(err)
	}
	record, events = nil, nil
	runtime.GC()
	if kept.Value() != nil {
		t.Error("the record is still in memory")
	}
	b, err := s.View().Parts[0].Read(0, false)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(b.Body(0)); got != "a line of a large record" {
		t.Errorf("line %q", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestOfEventsTheStoreKeepsNoMemory: a reader that decodes each record over the one before
// changes nothing that can be searched or was handed to followers.
func TestOfEventsTheStoreKeepsNoMemory(t *testing.T) {
	s := mustOpen(t, DefaultConfig(t.TempDir()), Deps{})
	tail, end := s.Tail(10, func(int) { t.Error("missed") })
	defer end()
	feed := newFeeder()
	var d pipeline.EventDecoder
	var record []byte
	var want []pipeline.Event
	for i := range 5 {
		events := feed.record("host:/log", 1, 20)
		for k := range events {
			e := &events[k]
			e.TraceID, e.Attrs = fmt.Sprintf("%032x", i*100+k+1), append(e.Attrs, pipeline.Attr{Key: fmt.Sprint("key", i), Value: fmt.Sprint("elsewhere", i, k)})
			if k%5 == 4 { // two lines
				e.Body = append(append(e.Body, '\n'), e.Body...)
			}
		}
		for k := range events { // one after the other, gap or not
			if k > 0 {
				events[k].ID.Offset = events[k-1].ID.Offset + events[k-1].Size
			}
			events[k].Size = int64(len(events[k].Body)) + 1
		}
		if len(want) > 0 {
			last, first := &want[len(want)-1], events[0].ID.Offset
			for k := range events {
				events[k].ID.Offset += last.ID.Offset + last.Size - first
			}
		}
		m, err := pipeline.EncodeEvents(0, events)
		if err != nil {
			t.Fatal(err)
		}
		for b := range record {
			record[b] = '#'
		}
		record = append(record[:0], m.Value...)
		decoded, err := d.Decode(&pipeline.Message{Value: record})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Append(t.Context(), 0, int64(i)+1, decoded); err != nil {
			t.Fatal(err)
		}
		want = append(want, events...)
	}
	for b := range record {
		record[b] = '#'
	}
	var tailed, stored []pipeline.Event
	for range 5 {
		tailed = append(tailed, <-tail...)
	}
	b, err := s.View().Parts[0].Read(0, true)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < b.Len(); i = b.EventEnd(i) {
		var e pipeline.Event
		b.Whole(i, b.EventEnd(i), &e, nil)
		stored = append(stored, e)
	}
	if d := cmp.Diff(want, tailed); d != "" {
		t.Errorf("followers: %s", d)
	}
	if d := cmp.Diff(want, stored); d != "" {
		t.Errorf("stored: %s", d)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
