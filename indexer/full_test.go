package indexer_test

import (
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/indexer"
	"foghorn/indexer/store"
	"foghorn/pipeline"
)

// disk is one that can be full.
type disk struct {
	store.OS
	full atomic.Bool
}

func (d *disk) Create(name string) (store.File, error) {
	if d.full.Load() {
		return nil, errors.New("no space left on device")
	}
	return d.OS.Create(name)
}

// TestLinesThatWaitForTheDiskAreNotCalledComplete, of none of the partitions, of which there
// are more than may hold records at a time; when there is room again each line comes once.
func TestLinesThatWaitForTheDiskAreNotCalledComplete(t *testing.T) {
	n := max(runtime.GOMAXPROCS(0), 2) + 3
	c := busOf(t, n)
	s := sink(c)
	d := &disk{}
	d.full.Store(true)
	x, _ := runOn(t, c, t.TempDir(), d, func(cfg *indexer.Config) { cfg.Store.Retry = 20 * time.Millisecond })
	var sent [][]pipeline.Event
	for p := range n {
		source := string(rune('a' + p))
		for first := 0; first < 400; first += 40 {
			produce(t, s, p, lines(source, first, 40))
		}
		sent = append(sent, lines(source, 0, 400))
	}
	produced := time.Now()
	// Two heads of 100 lines fill up, and the record after which they do is taken whole.
	eventually(t, "the store takes no more", func() bool {
		cov := x.Searcher().Coverage()
		return x.Ready() != nil && cov.Lines >= 200 && cov.LagRecords > 0
	})
	for range 100 {
		if cov := x.Searcher().Coverage(); cov.Complete || cov.LagRecords == 0 || cov.IndexedUntil.After(produced) {
			t.Fatalf("complete %v, %d records lag, indexed until %v, with %d lines of %d", cov.Complete, cov.LagRecords, cov.IndexedUntil, cov.Lines, 400*n)
		}
	}
	d.full.Store(false)
	eventually(t, "all is indexed and complete", func() bool {
		cov := x.Searcher().Coverage()
		return cov.Complete && cov.Lines == int64(400*n)
	})
	if diff := cmp.Diff(bodies(sent...), all(t, x)); diff != "" {
		t.Errorf("lines (-want +have)\n%s", diff)
	}
}
