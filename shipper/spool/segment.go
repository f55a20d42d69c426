package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

const segmentSuffix = ".spool"

// segment is one file. Its end is how far it was written and, with Config.Sync, synced:
// what stands behind was appended by nobody.
type segment struct {
	seq uint64
	end int64
}

func segmentPath(dir string, seq uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%016x", seq)+segmentSuffix)
}

// listSegments returns the segments of a folder, oldest first.
func listSegments(dir string) ([]*segment, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []*segment
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), segmentSuffix)
		seq, err := strconv.ParseUint(name, 16, 64)
		if !ok || err != nil || len(name) != 16 {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		out = append(out, &segment{seq: seq, end: info.Size()})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].seq < out[j].seq })
	return out, nil
}

// segmentFile is what a segment is written through.
type segmentFile interface {
	io.WriteCloser
	Sync() error
}

// disk is what a Queue writes through: the system, or a disk that fails in a test.
type disk struct {
	create   func(path string) (segmentFile, error)
	truncate func(path string, size int64) error // and syncs the file
	syncDir  func(dir string) error
}

func systemDisk() disk {
	return disk{
		create: func(path string) (segmentFile, error) {
			return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		},
		truncate: func(path string, size int64) error {
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			if err = f.Truncate(size); err == nil {
				err = f.Sync()
			}
			return errors.Join(err, f.Close())
		},
		syncDir: func(dir string) error {
			d, err := os.Open(dir)
			if err != nil {
				return err
			}
			return errors.Join(d.Sync(), d.Close())
		},
	}
}

// readHeader reads the begin of a segment file. Errors: ErrNewer; ok is false when it is no
// segment, as after a crash while it was made.
func readHeader(f io.ReaderAt, path string) (salt uint32, ok bool, err error) {
	var b [headerBytes]byte
	if n, err := f.ReadAt(b[:], 0); n < headerBytes {
		if errors.Is(err, io.EOF) {
			return 0, false, nil
		}
		return 0, false, err
	}
	if string(b[:len(magic)]) != magic {
		return 0, false, nil
	}
	switch v := binary.LittleEndian.Uint32(b[len(magic):]); {
	case v > version:
		return 0, false, fmt.Errorf("open %s: %w (it has version %d, this program knows %d)", path, ErrNewer, v, version)
	case v == 0:
		return 0, false, nil
	}
	return binary.LittleEndian.Uint32(b[len(magic)+4:]), true, nil
}
