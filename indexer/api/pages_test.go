package api

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"testing"

	"foghorn/pipeline"
)

// Pages by cursor hold each line once and in order while lines arrive and are sealed: with
// the newest first those that were there at the first page, with the oldest first, or by
// file, the new ones as well.
func TestPagesHoldEachLineOnceWhileLinesArrive(t *testing.T) {
	for _, order := range []string{"newest", "oldest", "file"} {
		t.Run(order, func(t *testing.T) {
			st, x := openStore(t)
			s := newServer(t, DefaultConfig(), &index{})
			s.deps.Searcher = x
			const start = int64(1795334400e9)
			written := 0
			arrive := func(n int) {
				t.Helper()
				var events []pipeline.Event
				for range n {
					e := pipeline.Event{
						ID:   pipeline.LineID{Source: "h:/a.log", Generation: 1, Offset: int64(written) * 10},
						Host: "h", Path: "/a.log", Body: fmt.Appendf(nil, "line %d", written), Size: 10, Sizes: []int64{10},
						Timestamp: start + int64(written/3)*1e9, // some at the same time
					}
					events = append(events, e)
					written++
				}
				if _, err := st.Append(t.Context(), 0, int64(written), events); err != nil {
					t.Fatal(err)
				}
				if written%2 == 0 {
					if err := st.Seal(); err != nil {
						t.Fatal(err)
					}
				}
			}
			arrive(20)
			var have []int
			cursor := ""
			for page := 0; ; page++ {
				var answer struct {
					Hits    []struct{ Line string }
					Summary struct{ Cursor string }
				}
				target := "/api/v1/search?" + url.Values{"format": {"json"}, "limit": {"7"}, "order": {order}, "cursor": {cursor}}.Encode()
				if err := json.Unmarshal([]byte(bodyText(t, ask(t, s, "GET", target, ""))), &answer); err != nil {
					t.Fatal(err)
				}
				for _, h := range answer.Hits {
					n, err := strconv.Atoi(h.Line[len("line "):])
					if err != nil {
						t.Fatal(err)
					}
					have = append(have, n)
				}
				if cursor = answer.Summary.Cursor; cursor == "" || len(answer.Hits) == 0 {
					break
				}
				if page < 5 {
					arrive(5)
				}
			}
			var want []int
			for i := range 20 {
				want = append(want, i)
			}
			if order == "newest" {
				slices.Reverse(want)
			} else {
				for i := 20; i < written; i++ {
					want = append(want, i)
				}
			}
			if !slices.Equal(have, want) {
				t.Errorf("have %v\nwant %v", have, want)
			}
		})
	}
}
