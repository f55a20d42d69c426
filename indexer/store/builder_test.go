package store

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
	"weak"

	"github.com/klauspost/compress/zstd"

	"foghorn/pipeline"
)

// TestABuilderKeepsNothingOfTheHead that it has written: no line of it stays in memory.
func TestABuilderKeepsNothingOfTheHead(t *testing.T) {
	w, err := newBuilder(OS{}, zstd.SpeedDefault)
	if err != nil {
		t.Fatal(err)
	}
	texts := writeHead(t, w)
	deadline := time.Now().Add(20 * time.Second)
	for i, p := range texts {
		for p.Value() != nil {
			if time.Now().After(deadline) {
				t.Fatalf("text %d of %d is still in memory", i, len(texts))
			}
			runtime.GC()
		}
	}
	runtime.KeepAlive(w)
}

// writeHead writes a segment of a head, and returns pointers to the head's texts that keep
// nothing in memory.
func writeHead(t *testing.T, w *builder) (texts []weak.Pointer[byte]) {
	h := newHead()
	for i := range 5000 {
		body := fmt.Sprintf("worker %d did %x for u%d in %dms %s", i%7, i*i, i, i%100, strings.Repeat("é", i%5))
		id := fmt.Sprintf("%x", mix(uint64(i+1)))
		h.append(&pipeline.Event{
			ID: pipeline.LineID{Source: "a:/b", Offset: int64(i) * 100}, Size: 100, Body: []byte(body), TraceID: id, SpanID: id[:1],
			Attrs: []pipeline.Attr{{Key: "user", Value: fmt.Sprint("u", i)}, {Key: "elsewhere", Value: "«" + id}},
		}, int64(i), int64(i))
	}
	v := h.view()
	for _, text := range v.texts {
		texts = append(texts, weak.Make(&text[0]))
	}
	sorted := v.sorted()
	f := footer{Number: 1, Rows: int64(len(sorted)), Runs: v.runsOf(sorted), Offsets: map[int]int64{}}
	if _, _, err := w.write(t.TempDir(), "day", &f, v.blocksOf(sorted, 1000)); err != nil {
		t.Fatal(err)
	}
	return texts
}
