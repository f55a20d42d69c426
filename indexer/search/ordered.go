package search

import (
	"context"
	"sync"
)

// ordered works on the items of next (until it returns false) with several goroutines and
// hands the results to consume, on the caller's goroutine and in the order of the items.
// At most twice as many items as workers are ahead of consume. The first error of consume
// or of an item ends it; all goroutines have ended when it returns.
func ordered[T, R any](ctx context.Context, workers int, next func() (T, bool), do func(context.Context, T) (R, error), consume func(T, R) error) error {
	type task struct {
		item   T
		result R
		err    error
		done   chan struct{}
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	queue := make(chan *task, 2*workers) // in order, for consume
	todo := make(chan *task)             // for workers
	wg.Go(func() {
		defer close(queue)
		defer close(todo)
		for {
			item, ok := next()
			if !ok {
				return
			}
			t := &task{item: item, done: make(chan struct{})}
			select {
			case queue <- t:
			case <-ctx.Done():
				return
			}
			select {
			case todo <- t:
			case <-ctx.Done():
				t.err = ctx.Err()
				close(t.done)
				return
			}
		}
	})
	for range workers {
		wg.Go(func() {
			for t := range todo {
				t.result, t.err = do(ctx, t.item)
				close(t.done)
			}
		})
	}
	for t := range queue {
		<-t.done
		if t.err != nil {
			return t.err
		}
		if err := consume(t.item, t.result); err != nil {
			return err
		}
	}
	return ctx.Err()
}
