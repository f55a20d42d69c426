package search_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/indexer/search"
	"foghorn/pipeline"
)

// TestEachLineOfAForeignProducerHasItsHost: the records of one partition come from many.
func TestEachLineOfAForeignProducerHasItsHost(t *testing.T) {
	s, _ := open(t, storeConfig(t))
	var events []pipeline.Event
	var want []string
	for i := range 20 {
		host := fmt.Sprint("web-", i%3)
		events = append(events, pipeline.Event{
			ID: pipeline.LineID{Source: "logs.raw/0", Offset: int64(i)}, Size: 1, Host: host, Path: "logs.raw/0",
			Timestamp: int64(i), Body: fmt.Append(nil, "line ", i),
		})
		want = append(want, fmt.Sprint(host, " line ", i))
	}
	if _, err := s.Append(t.Context(), 0, 1, events); err != nil {
		t.Fatal(err)
	}
	x := searcher(t, s)
	for _, place := range []string{"head", "segment"} {
		for _, order := range []search.Order{search.ByFile, search.Oldest} {
			var have []string
			req := search.Request{Query: parse(t, "line"), Order: order, BodyOnly: true}
			if _, err := x.Search(context.Background(), req, func(h *search.Hit) error {
				have = append(have, h.Event.Host+" "+string(h.Event.Body))
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("%s, order %d (-want +got)\n%s", place, order, diff)
			}
		}
		if err := s.Seal(); err != nil {
			t.Fatal(err)
		}
	}
}
