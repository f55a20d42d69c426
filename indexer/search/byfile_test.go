package search

import (
	"fmt"
	"testing"

	"foghorn/indexer/store"
	"foghorn/pipeline"
)

// TestOneSourceAfterTheOtherGoesThroughTheBlocksOnce: by file, no block of a part is come back to
// once a later one was read, however many hosts have the same files.
func TestOneSourceAfterTheOtherGoesThroughTheBlocksOnce(t *testing.T) {
	cfg := store.DefaultConfig(t.TempDir())
	cfg.BlockLines = 16
	s, err := store.Open(cfg, store.Deps{Failed: func(err error) { t.Errorf("store: %v", err) }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	write := func(record int64) {
		var events []pipeline.Event
		for host := range 5 {
			for file := range 7 {
				id := fmt.Sprintf("web-%d:/var/log/app%d.log", host, file)
				for line := range int64(9) {
					events = append(events, pipeline.Event{
						ID: pipeline.LineID{Source: id, Generation: 1, Offset: 6 * (9*record + line)}, Size: 6,
						Host: fmt.Sprint("web-", host), Path: fmt.Sprintf("/var/log/app%d.log", file), Timestamp: 9e17, Observed: 9e17, Body: []byte("hello"),
					})
				}
			}
		}
		if _, err := s.Append(t.Context(), 0, record+1, events); err != nil {
			t.Fatal(err)
		}
	}
	write(0)
	if err := s.Seal(); err != nil {
		t.Fatal(err)
	}
	write(1)
	at, seen := make(map[*store.Part]int), make(map[unitKey]bool)
	for i, source := range sourcesOf(s.View()) {
		for _, c := range cut(nil, i, source, -1) {
			if c.key.block < at[c.key.part] {
				t.Errorf("%s: block %d of %s comes after block %d", source.id, c.key.block, c.key.part.File(), at[c.key.part])
			}
			at[c.key.part] = c.key.block
			seen[c.key] = true
		}
	}
	if len(at) != 2 || len(seen) < 30 {
		t.Errorf("%d blocks in %d parts: too few to tell", len(seen), len(at))
	}
}
