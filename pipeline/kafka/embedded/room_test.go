package embedded_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"foghorn/pipeline/kafka/embedded"
)

func TestRoomTellsAFullDisk(t *testing.T) {
	cfg := embedded.DefaultConfig()
	cfg.DataDir = t.TempDir()
	b, err := embedded.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := b.Room(); err != nil {
		t.Errorf("with room: %v", err)
	}
	// What is written to /dev/full finds the disk full.
	if err := os.Symlink("/dev/full", filepath.Join(cfg.DataDir, "room")); err != nil {
		t.Fatal(err)
	}
	if err := b.Room(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("on a full disk: %v", err)
	}
	if err := b.Room(); err != nil {
		t.Errorf("with room again: %v", err)
	}
}
