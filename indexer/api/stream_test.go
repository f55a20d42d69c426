package api

import (
	"bufio"
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"foghorn/indexer/search"
)

// Pieces of an answer arrive whole, once and in order, also where it is made faster than it
// is read, and with lines longer than a piece between short ones.
func TestPiecesArriveWholeOnceAndInOrder(t *testing.T) {
	const hits = 20_000
	x := &index{search: func(_ context.Context, _ search.Request, hit func(*search.Hit) error) (search.Summary, error) {
		h := search.Hit{Event: oneEvent("")}
		for i := range hits {
			h.Event.ID.Offset = int64(i)
			h.Event.Body = bytes.Repeat([]byte("x"), i%100)
			if i%5000 == 4999 {
				h.Event.Body = bytes.Repeat([]byte("x"), 3*lastPiece)
			}
			if err := hit(&h); err != nil {
				return search.Summary{}, err
			}
		}
		return search.Summary{Matched: hits}, nil
	}}
	url, _ := running(t, newServer(t, DefaultConfig(), x))
	res, err := http.Get(url + "/api/v1/search?fields=0")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := linesOf{t, bufio.NewReaderSize(res.Body, 100)}
	for i := range hits {
		size := i % 100
		if i%5000 == 4999 {
			size = 3 * lastPiece
		}
		want := `"offset":` + strconv.Itoa(i) + `,"line":"` + strings.Repeat("x", size) + `"}`
		if have := lines.next(); !strings.HasSuffix(have, want) {
			t.Fatalf("line %d: have ...%s", i, have[max(0, len(have)-120):])
		}
	}
	if have := lines.next(); !strings.HasPrefix(have, `{"summary":`) {
		t.Errorf("have %.100s, want the summary", have)
	}
}
