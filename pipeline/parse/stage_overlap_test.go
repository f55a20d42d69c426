package parse

import (
	"slices"
	"testing"

	"foghorn/pipeline"

	"github.com/google/go-cmp/cmp"
)

// Lines that a shipper joins otherwise after a crash come once: a record that was seen in
// part is cut at the line where the seen part ends, and keeps its sizes.
func TestStageCutsOffWhatCameBefore(t *testing.T) {
	s := NewStage(StageConfig{}, 2)
	record := func(offset int64, raw string, sizes ...int64) pipeline.Message {
		l := pipeline.Line{ID: pipeline.LineID{Source: "a:/x", Generation: 1, Offset: offset}, Raw: []byte(raw), Size: int64(len(raw)) + 1, Sizes: sizes, Observed: observed}
		if sizes != nil {
			l.Size = 0
		}
		for _, n := range sizes {
			l.Size += n
		}
		m := pipeline.EncodeLine(&l)
		m.Partition = 2
		return m
	}
	out := process(t, s, []pipeline.Message{
		record(0, "head\n at one"), record(0, "head\n at one\n at two"), record(13, " at two\nnext\nlast", 8, 20, 5), record(13, " at two"),
	})
	var have []pipeline.Original
	for _, e := range decode(t, &out[0]) {
		have = append(have, slices.Collect(e.Originals())...)
	}
	want := []pipeline.Original{
		{Offset: 0, Size: 5, Raw: []byte("head")}, {Offset: 5, Size: 8, Raw: []byte(" at one")}, {Offset: 13, Size: 8, Raw: []byte(" at two")},
		{Offset: 21, Size: 20, Raw: []byte("next")}, {Offset: 41, Size: 5, Raw: []byte("last")},
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("lines (-want +have)\n%s", d)
	}
}
