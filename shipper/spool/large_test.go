package spool

import (
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
)

// A batch that is larger than what is decoded at once arrives whole and in order, among others.
func TestALargeBatchArrivesWhole(t *testing.T) {
	cfg := DefaultConfig(t.TempDir())
	cfg.MaxMemory, cfg.Sync = 1<<20, false
	q, sink := open(t, cfg), newSink()
	stop := start(t, q, sink)
	defer stop()
	labels := []pipeline.Attr{{Key: "a", Value: "1"}, {Key: "b", Value: "2"}, {Key: "c", Value: "3"}}
	want := map[string][]string{}
	for round := range 3 {
		b := &Batch{}
		for i := range 20_000 {
			source, text := fmt.Sprint("h:/", i%3), fmt.Sprint("round ", round, " line ", i)
			b.Lines = append(b.Lines, pipeline.Line{ID: pipeline.LineID{Source: source}, Raw: []byte(text), Labels: labels})
			want[source] = append(want[source], text)
		}
		add(t, q, b)
		add(t, q, &Batch{Lines: lines("h:/0", fmt.Sprint("after ", round))})
		want["h:/0"] = append(want["h:/0"], fmt.Sprint("after ", round))
	}
	drain(t, q)
	for source, texts := range want {
		if d := cmp.Diff(texts, sink.texts(source)); d != "" {
			t.Errorf("lines of %s (-want +have):\n%.2000s", source, d)
		}
	}
	if n := q.Stats().AckedLines; n != 60_003 {
		t.Errorf("%d lines acknowledged, want 60003", n)
	}
}

// A folder of version 1 opens (testdata/v1 was written by version 1): keys, marks and what was not acknowledged are there.
func TestAFolderOfVersion1Opens(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/v1")); err != nil {
		t.Fatal(err)
	}
	q, sink := open(t, DefaultConfig(dir)), newSink()
	sink.gaps = true
	stop := start(t, q, sink)
	defer stop()
	drain(t, q)
	if d := cmp.Diff([]string{"three", "four\nand more"}, sink.texts("web-1:/syslog/10.0.0.7")); d != "" {
		t.Errorf("lines (-want +have):\n%s", d)
	}
	l := sink.lines[1]
	if have := fmt.Sprintf("%v %s %s %v %d %d", l.Labels, l.Format, l.Zone, l.Truncated, l.ID.Offset, l.Size); have != "[{env prod}] json Asia/Tokyo false 14 14" {
		t.Errorf("have %s", have)
	}
	if q.Mark("journal") != "c2" || !q.state.has([16]byte{1}) || !q.state.has([16]byte{2}) {
		t.Errorf("mark %q, keys %v", q.Mark("journal"), q.state.young)
	}
}
