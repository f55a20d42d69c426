package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A segment file <base offset>.dat holds record batches of Kafka's format 2, one after
// the other. Only the front of a batch is read here:
//
//	 0  8  base offset
//	 8  4  length of what follows
//	12  4  partition leader epoch
//	16  1  magic, 2
//	17  4  CRC-32C of what follows
//	21  2  attributes: 0x20 is a control batch
//	23  4  last offset delta
//	27  8  first timestamp, ms
//	35  8  max timestamp, ms
//	43 14  producer id, epoch, sequence: all -1 without one
//	57  4  number of records
//	61     records
const batchHeader = 61

// segment is what a scan finds in a segment file.
type segment struct {
	base  int64 // from the file's name
	size  int64 // of the file
	first int64 // first offset, -1 when the file holds no whole batch
	next  int64 // offset after the last whole batch
	epoch int32 // of the last whole batch
}

// segments scans the segment files of a partition's folder in order. A folder that does
// not exist has none.
func segments(dir string) ([]segment, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found []segment
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".dat")
		base, err := strconv.ParseInt(name, 10, 64)
		if !ok || err != nil {
			continue
		}
		s, err := scanSegment(filepath.Join(dir, e.Name()), base)
		if err != nil {
			return nil, err
		}
		found = append(found, s)
	}
	slices.SortFunc(found, func(a, b segment) int { return int(min(max(a.base-b.base, -1), 1)) })
	return found, nil
}

// scanSegment reads the batch headers of one file and skips what lies between them.
func scanSegment(path string, base int64) (segment, error) {
	f, err := os.Open(path)
	if err != nil {
		return segment{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return segment{}, err
	}
	s := segment{base: base, size: info.Size(), first: -1, next: base}
	var h [batchHeader]byte
	for pos := int64(0); ; {
		if _, err := f.ReadAt(h[:], pos); err == io.EOF {
			return s, nil
		} else if err != nil {
			return segment{}, fmt.Errorf("read %s at %d: %w", path, pos, err)
		}
		pos += 12 + int64(binary.BigEndian.Uint32(h[8:]))
		if pos > s.size || h[16] != 2 {
			return s, nil // the end of a write that was cut off; the broker cuts it away
		}
		offset := int64(binary.BigEndian.Uint64(h[0:]))
		if s.first < 0 {
			s.first = offset
		}
		s.next = offset + int64(binary.BigEndian.Uint32(h[23:])) + 1
		s.epoch = int32(binary.BigEndian.Uint32(h[12:]))
	}
}

// markerBatch returns a control batch at offset, which readers skip. It holds the place
// of the last record of a partition whose records have all expired.
func markerBatch(offset int64, timestampMs int64) []byte {
	record := []byte{
		0,       // length, set below
		0, 0, 0, // attributes, timestamp delta, offset delta
		8, 0, 0, 0, 1, // key of 4 bytes: version 0, type 1 (commit)
		12, 0, 0, 0, 0, 0, 0, // value of 6 bytes: version 0, coordinator epoch 0
		0, // no headers
	}
	record[0] = byte(len(record)-1) << 1
	b := make([]byte, batchHeader, batchHeader+len(record))
	binary.BigEndian.PutUint64(b[0:], uint64(offset))
	binary.BigEndian.PutUint32(b[8:], uint32(batchHeader-12+len(record)))
	b[16] = 2
	binary.BigEndian.PutUint16(b[21:], 0x20)
	binary.BigEndian.PutUint64(b[27:], uint64(timestampMs))
	binary.BigEndian.PutUint64(b[35:], uint64(timestampMs))
	for i := 43; i < 57; i++ {
		b[i] = 0xff
	}
	binary.BigEndian.PutUint32(b[57:], 1)
	b = append(b, record...)
	binary.BigEndian.PutUint32(b[17:], crc32.Checksum(b[21:], crc32.MakeTable(crc32.Castagnoli)))
	return b
}
