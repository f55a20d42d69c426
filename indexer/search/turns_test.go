package search

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// TestTurns: queues are first come, first served and take turns themselves, and no more work
// at a time than may.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(1)
		if err := turns.take(t.Context(), dearQueue); err != nil {
			t.Fatal(err)
		}
		var have []string
		var working atomic.Int64
		start := func(name string, queue int) {
			go func() {
				if err := turns.take(t.Context(), queue); err != nil {
					t.Error(err)
				}
				if n := working.Add(1); n > 1 {
					t.Errorf("%d work at a time, want 1", n)
				}
				have = append(have, name)
				working.Add(-1)
				turns.give()
			}()
			synctest.Wait()
		}
		for _, name := range []string{"dear 1", "dear 2", "dear 3"} {
			start(name, dearQueue)
		}
		for _, name := range []string{"cheap 1", "cheap 2"} {
			start(name, cheapQueue)
		}
		turns.give()
		synctest.Wait()
		want := []string{"cheap 1", "dear 1", "cheap 2", "dear 2", "dear 3"}
		if d := cmp.Diff(want, have); d != "" {
			t.Errorf("turns (-want +have):\n%s", d)
		}
		if turns.free != 1 {
			t.Errorf("%d turns are free, want 1", turns.free)
		}
	})
}

// TestTurnsOfThoseWhoLeave: a turn that nobody waits for any more goes to the next.
func TestTurnsOfThoseWhoLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(1)
		if err := turns.take(t.Context(), cheapQueue); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		left, came := make(chan error, 1), make(chan error, 1)
		go func() { left <- turns.take(ctx, cheapQueue) }()
		synctest.Wait()
		go func() { came <- turns.take(t.Context(), cheapQueue) }()
		synctest.Wait()
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled wait: have %v, want %v", err, context.Canceled)
		}
		turns.give()
		if err := <-came; err != nil {
			t.Errorf("the next: %v", err)
		}
		turns.give()
		if turns.free != 1 {
			t.Errorf("%d turns are free, want 1", turns.free)
		}
	})
}
