package store

import (
	"testing"

	"foghorn/pipeline"
)

// TestRecordsOfOthersBetweenForeignOnesAreNoGap: a foreign producer shares a partition of
// logs.raw with the shippers, so its Kafka offsets leave out theirs.
func TestRecordsOfOthersBetweenForeignOnesAreNoGap(t *testing.T) {
	s := mustOpen(t, testConfig(t.TempDir()), Deps{})
	var events []pipeline.Event
	for i, offset := range []int64{3, 4, 9, 200} {
		m := pipeline.Message{Topic: pipeline.TopicRaw, Partition: 2, Offset: offset, Value: []byte("a line")}
		l, err := pipeline.DecodeLine(&m)
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, pipeline.Event{ID: l.ID, Size: l.Size, Body: l.Raw, Timestamp: int64(i)})
	}
	a, err := s.Append(t.Context(), 0, 1, append(events, events...))
	if err != nil {
		t.Fatal(err)
	}
	if a.Lines != 4 || a.Duplicates != 4 || len(a.Gaps) > 0 {
		t.Errorf("%+v, want 4 lines, 4 duplicates and no gap", a)
	}
	if n := s.Sources()[0].Missing; n != 0 || len(s.Gaps()) > 0 {
		t.Errorf("missing %d, gaps %v", n, s.Gaps())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
