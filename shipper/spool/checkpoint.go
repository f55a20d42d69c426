package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
)

// position is a place in the queue: all records before it are done.
type position struct {
	seq    uint64
	offset int64
}

const (
	checkpointName  = "checkpoint"
	checkpointMagic = "FOGSPACK"
	checkpointBytes = 32
)

// loadCheckpoint returns the position saved last; ok is false when there is none that can
// be read: then everything that is left is sent again. Errors: ErrNewer, or the system's.
func loadCheckpoint(dir string) (p position, ok bool, err error) {
	path := filepath.Join(dir, checkpointName)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return position{}, false, nil
	}
	if err != nil {
		return position{}, false, fmt.Errorf("read checkpoint: %w", err)
	}
	if len(b) >= 12 && string(b[:8]) == checkpointMagic {
		if v := binary.LittleEndian.Uint32(b[8:]); v > version {
			return position{}, false, fmt.Errorf("read %s: %w (it has version %d, this program knows %d)", path, ErrNewer, v, version)
		}
	}
	if len(b) != checkpointBytes || string(b[:8]) != checkpointMagic ||
		binary.LittleEndian.Uint32(b[28:]) != crc32.Checksum(b[:28], castagnoli) {
		return position{}, false, nil
	}
	return position{binary.LittleEndian.Uint64(b[12:]), int64(binary.LittleEndian.Uint64(b[20:]))}, true, nil
}

// saveCheckpoint replaces the position on disk. When it fails, the one saved before is
// still there.
func saveCheckpoint(dir string, p position, syncDir func(string) error) error {
	b := append(make([]byte, 0, checkpointBytes), checkpointMagic...)
	b = binary.LittleEndian.AppendUint32(b, version)
	b = binary.LittleEndian.AppendUint64(b, p.seq)
	b = binary.LittleEndian.AppendUint64(b, uint64(p.offset))
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	path := filepath.Join(dir, checkpointName)
	// A temporary file: a crash while it is written leaves the old checkpoint alone.
	f, err := os.OpenFile(path+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("save checkpoint: %w", err)
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync() // its bytes are on disk before its name is
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("save checkpoint: %w", err)
	}
	// The name changes in one step: a kill leaves the old file or the new one.
	if err := os.Rename(path+".tmp", path); err != nil {
		return fmt.Errorf("save checkpoint: %w", err)
	}
	if err := syncDir(dir); err != nil {
		return fmt.Errorf("save checkpoint: %w", err)
	}
	return nil
}
