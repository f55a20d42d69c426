package ops

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestGroupStopsFromTheSourceDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []string
		part := func(name string) Component {
			return Component{name, func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(10 * time.Millisecond) // its drain
				order = append(order, name)
				return nil
			}}
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		g := Group{Components: []Component{part("shipper"), part("pipeline"), part("indexer")}}
		if err := g.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{"shipper", "pipeline", "indexer"}, order); d != "" {
			t.Errorf("-want +have\n%s", d)
		}
	})
}

func TestGroupEndsWhenAPartFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		stopped := false
		g := Group{Components: []Component{
			{"a", func(ctx context.Context) error { <-ctx.Done(); stopped = true; return ctx.Err() }},
			{"b", func(context.Context) error { return broken }},
		}}
		err := g.Run(t.Context())
		if !errors.Is(err, broken) || err.Error() != "b: broken" {
			t.Errorf("have %v, want b: broken", err)
		}
		if !stopped {
			t.Error("the other part still runs")
		}
	})
}

func TestGroupDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		g := Group{Grace: time.Second, Components: []Component{
			{"stuck", func(context.Context) error { <-release; return nil }},
		}}
		if err := g.Run(ctx); !errors.Is(err, ErrGrace) {
			t.Errorf("have %v, want %v", err, ErrGrace)
		}
		close(release)
	})
}
