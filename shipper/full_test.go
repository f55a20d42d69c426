//go:build linux

package shipper

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestOnAFullDiskNewFilesWaitAndReadySaysSoUntilThereIsRoom(t *testing.T) {
	b := newBench(t, "*.log")
	b.write("known.log", "one\n")
	b.start()
	b.want("known.log", "one")
	if err := b.s.Ready(); err != nil {
		t.Fatalf("before: %v", err)
	}
	// The kernel's own full disk stands where the checkpoint is written.
	tmp := filepath.Join(b.cfg.DataDir, "checkpoint.json.tmp")
	if err := os.Symlink("/dev/full", tmp); err != nil {
		t.Fatal(err)
	}
	b.write("new.log", "two\n")
	b.until("it is not ready", func() bool { return errors.Is(b.s.Ready(), syscall.ENOSPC) })
	b.write("known.log", "three\n")
	b.want("known.log", "one", "three")
	if have := b.sink.texts("new.log"); len(have) > 0 {
		t.Errorf("lines of a file that the checkpoint does not know: %q", have)
	}
	if err := os.Remove(tmp); err != nil {
		t.Fatal(err)
	}
	b.want("new.log", "two")
	b.until("it is ready again", func() bool { return b.s.Ready() == nil })
}
