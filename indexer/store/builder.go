package store

import (
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/zstd"

	"foghorn/pipeline"
)

// builder writes segments, one at a time, and keeps its buffers between them.
type builder struct {
	fs      FS
	enc     *zstd.Encoder
	columns *columnWriter
	collect *collector
	filters filterWriter
	keys    []uint64
	packed  []byte
}

// blockTerms are the terms of one block.
type blockTerms struct{ words, values []string }

// row is a line on its way into a block, with the fields of its event.
type row struct {
	event     pipeline.Event
	source    uint32 // number of its source
	continues bool   // it goes on with the event of the row before
}

// rowSource gives the rows of a segment, a block at a time, which are valid until the next
// call; none at the end.
type rowSource func() ([]*row, error)

func newBuilder(fs FS, level zstd.EncoderLevel) (*builder, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(level),
		zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(1<<20))
	if err != nil {
		return nil, err
	}
	return &builder{fs: fs, enc: enc, columns: newColumnWriter(), collect: newCollector()}, nil
}

// segmentPath names a segment's file in a day's folder.
func segmentPath(dir string, number uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%010d.seg", number))
}

// write makes the segment of rows, sorted as its runs, in a file of its own. When it
// returns nil the segment is committed: it survives any crash. When it fails nothing is
// committed and the file that may be left is overwritten or removed later.
func (w *builder) write(dir, day string, f footer, rows rowSource) (*segment, []blockTerms, error) {
	path := segmentPath(dir, f.Number)
	tmp := path + ".tmp"
	file, err := w.fs.Create(tmp)
	if err != nil {
		return nil, nil, fmt.Errorf("create segment: %w", err)
	}
	seg, terms, err := w.writeTo(file, path, day, f, rows)
	if err == nil {
		// A crash before this: the temporary is incomplete and is removed at the next start.
		err = file.Sync()
	}
	if cerr := file.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		// A crash before this: as above. After it: the segment is there, whole, or it is not.
		err = w.fs.Rename(tmp, path)
	}
	if err == nil {
		// A crash before this may undo the rename; nothing that needs it has happened yet.
		err = w.fs.SyncDir(dir)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("write segment %s: %w", path, err)
	}
	return seg, terms, nil
}

func (w *builder) writeTo(file File, path, day string, f footer, rows rowSource) (*segment, []blockTerms, error) {
	off := uint64(0)
	put := func(b []byte) error {
		n, err := file.Write(b)
		off += uint64(n)
		return err
	}
	if err := put([]byte(segmentMagic)); err != nil {
		return nil, nil, err
	}
	w.collect.reset()
	w.filters.region = w.filters.region[:0]
	var terms []blockTerms
	for first := 0; ; {
		part, err := rows()
		if err != nil {
			return nil, nil, err
		}
		if len(part) == 0 {
			break
		}
		info := blockInfo{FirstRow: first, Rows: len(part)}
		first += len(part)
		w.columns.encode(part)
		w.collect.start()
		text, choices, packed := w.collect.lines(&w.columns.lines)
		for g, sections := range [numGroups][][]byte{{w.columns.core}, {w.columns.fields}, {text, choices, packed}} {
			if info.Groups[g], err = w.group(off, sections); err != nil {
				return nil, nil, err
			}
			if err := put(w.packed); err != nil {
				return nil, nil, err
			}
		}
		t, err := w.index(&info, part)
		if err != nil {
			return nil, nil, err
		}
		terms = append(terms, t)
		f.Blocks = append(f.Blocks, info)
	}
	f.FilterBase, f.FilterSize = off, uint64(len(w.filters.region))
	f.FilterPageSums = pageSums(w.filters.region)
	if err := put(w.filters.region); err != nil {
		return nil, nil, err
	}
	raw := f.encode(nil)
	w.packed = w.enc.EncodeAll(raw, w.packed[:0])
	if err := put(appendTrailer(w.packed, off, len(raw))); err != nil {
		return nil, nil, err
	}
	return &segment{footer: f, path: path, size: int64(off), day: day, version: formatVersion}, terms, nil
}

// group compresses the sections of a group, each by itself, into packed.
func (w *builder) group(off uint64, sections [][]byte) (groupInfo, error) {
	g := groupInfo{Offset: off}
	w.packed = w.packed[:0]
	raw := 0
	for _, s := range sections {
		w.packed = w.enc.EncodeAll(s, w.packed)
		raw += len(s)
	}
	if raw > math.MaxUint32 || len(w.packed) > math.MaxUint32 {
		return g, fmt.Errorf("a block of %d bytes is too large", raw)
	}
	g.Size, g.Raw, g.Sum = uint32(len(w.packed)), uint32(raw), xxhash.Sum64(w.packed)
	return g, nil
}

// index collects the terms of a block whose lines the collector has seen, and writes its
// filter.
func (w *builder) index(info *blockInfo, rows []*row) (blockTerms, error) {
	info.MinTime, info.MaxTime = rows[0].event.Timestamp, rows[0].event.Timestamp
	for _, r := range rows {
		info.MinTime = min(info.MinTime, r.event.Timestamp)
		info.MaxTime = max(info.MaxTime, r.event.Timestamp)
		if !r.continues {
			w.collect.event(&r.event)
		}
	}
	w.keys = w.collect.keys.list(w.keys[:0])
	var err error
	if info.Filter, err = w.filters.add(w.keys); err != nil {
		return blockTerms{}, err
	}
	return w.collect.finish(), nil
}

func appendTrailer(footer []byte, off uint64, raw int) []byte {
	size, sum := len(footer), xxhash.Sum64(footer)
	t := make([]byte, 0, trailerSize)
	t = binary.LittleEndian.AppendUint64(t, off)
	t = binary.LittleEndian.AppendUint64(t, uint64(size))
	t = binary.LittleEndian.AppendUint64(t, uint64(raw))
	t = binary.LittleEndian.AppendUint64(t, sum)
	t = binary.LittleEndian.AppendUint32(t, formatVersion)
	t = binary.LittleEndian.AppendUint32(t, uint32(xxhash.Sum64(t)))
	t = append(t, trailerMagic...)
	return append(footer, t...)
}

// dayOf names the folder of a moment: its date in UTC.
func dayOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }
