package search_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/indexer/search"
	"foghorn/pipeline"
)

// trace are two events of a file, the first of them a stack trace.
func trace() []pipeline.Event {
	first := "ERROR checkout failed\n\tat shop.Cart.pay(Cart.java:42)\nCaused by: TimeoutException: no answer\n\tat shop.Bank.call(Bank.java:7)"
	second := "INFO cart emptied"
	return []pipeline.Event{
		{
			ID: pipeline.LineID{Source: "a:/x", Generation: 1}, Size: int64(len(first)) + 1, Host: "a", Path: "/x", Timestamp: 1, Observed: 1,
			Severity: pipeline.SeverityError, Service: "shop", Body: []byte(first), Attrs: []pipeline.Attr{{Key: "exception", Value: "TimeoutException"}},
		},
		{
			ID: pipeline.LineID{Source: "a:/x", Generation: 1, Offset: int64(len(first)) + 1}, Size: int64(len(second)) + 1, Host: "a", Path: "/x",
			Timestamp: 2, Observed: 2, Severity: pipeline.SeverityInfo, Service: "shop", Body: []byte(second),
		},
	}
}

// TestEventsByTimeAndLinesByFile: what a query is about. "1" to "5" are the lines.
func TestEventsByTimeAndLinesByFile(t *testing.T) {
	s, _ := open(t, storeConfig(t))
	if _, err := s.Append(t.Context(), 0, 1, trace()); err != nil {
		t.Fatal(err)
	}
	x := searcher(t, s)
	for _, place := range []string{"head", "segment"} {
		for _, c := range []struct {
			name, query, where string
			byTime, byFile     string
		}{
			{"a word", "pay", "", "1-4", "2"},
			{"words in different lines", "checkout TimeoutException", "", "1-4", ""},
			{"words in different lines, one of them where", "pay", "TimeoutException checkout", "1-4", "2"},
			{"a phrase over a line feed", `"failed at shop"`, "", "1-4", ""},
			{"bytes over a line feed", "'failed\n\tat'", "", "1-4", ""},
			{"an expression over a line feed", `/failed\s+at/`, "", "1-4", ""},
			{"the start of the text", "/^Caused/", "", "", "3"},
			{"not is about the whole, too", "shop -checkout", "", "", "2 4"},
			{"not, where", "cart OR shop", "-TimeoutException", "5", "5"},
			{"a field of the event", "exception:TimeoutException", "", "1-4", "1 2 3 4"},
			{"its level, where", "shop", "level:error", "1-4", "2 4"},
			{"another level, where", "/./", "level:info", "5", "5"},
			{"all", "*", "", "1-4 5", "1 2 3 4 5"},
		} {
			for order, want := range map[search.Order]string{search.Oldest: c.byTime, search.ByFile: c.byFile} {
				req := search.Request{Query: parse(t, c.query), Order: order}
				if c.where != "" {
					req.Where = parse(t, c.where)
				}
				var got []string
				_, err := x.Search(t.Context(), req, func(h *search.Hit) error {
					n := h.LineNumber
					name := string(rune('0' + n))
					if lines := strings.Count(string(h.Event.Body), "\n"); lines > 0 {
						name += "-" + string(rune('0'+n+int64(lines)))
					}
					got = append(got, name)
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
					t.Errorf("%s: %s, order %d (-want +got)\n%s", place, c.name, order, diff)
				}
			}
		}
		if err := s.Seal(); err != nil {
			t.Fatal(err)
		}
		indexed(t, s)
	}
}

// TestTailJudgesWholeEvents and gives them whole.
func TestTailJudgesWholeEvents(t *testing.T) {
	s, _ := open(t, storeConfig(t))
	ch, dropped := searcher(t, s).Tail(t.Context(), parse(t, "checkout TimeoutException OR emptied -failed"), 10)
	if _, err := s.Append(t.Context(), 0, 1, trace()); err != nil {
		t.Fatal(err)
	}
	for i, want := range trace() {
		got := <-ch
		if diff := cmp.Diff(string(want.Body), string(got.Body)); diff != "" || dropped() != 0 {
			t.Errorf("event %d, %d dropped (-want +got)\n%s", i, dropped(), diff)
		}
	}
}
