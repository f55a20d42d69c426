package ops

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
)

// TestAFullDiskIsToldOnceAndInReady: one word when the disk fills up, one when there is room
// again.
func TestAFullDiskIsToldOnceAndInReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var full atomic.Pointer[error]
		room := func(err error) { full.Store(&err) }
		room(nil)
		d := NewRoom(func() error { return *full.Load() }, zerolog.New(&log))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- d.Run(ctx) }()
		look := func() {
			time.Sleep(2 * roomEvery)
			synctest.Wait()
		}
		look()
		if d.Ready() != nil || log.Len() > 0 {
			t.Errorf("with room: %v, %s", d.Ready(), &log)
		}
		room(syscall.ENOSPC)
		look()
		look()
		if !errors.Is(d.Ready(), syscall.ENOSPC) || strings.Count(log.String(), "no space left on device") != 1 {
			t.Errorf("full: %v, %s", d.Ready(), &log)
		}
		room(nil)
		look()
		if d.Ready() != nil || strings.Count(log.String(), "there is room again") != 1 {
			t.Errorf("with room again: %v, %s", d.Ready(), &log)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
