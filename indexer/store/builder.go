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
	times   struct{ min, max int64 } // of the block
	put     func(*row)               // takes a row into the block
}

// blockTerms are the terms of one block.
type blockTerms struct{ words, values []string }

// row is a line on its way into a block, with the fields of its event.
type row struct {
	event     pipeline.Event
	source    uint32 // number of its source
	continues bool   // it goes on with the event of the row before
}

// rowSource puts the rows of a segment's next block, one after the other, and returns how
// many there were; 0 at the end. A row is valid until the next one; its strings stay as
// they are until the call after.
type rowSource func(put func(*row)) (int, error)

func newBuilder(fs FS, level zstd.EncoderLevel) (*builder, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(level),
		zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(1<<20))
	if err != nil {
		return nil, err
	}
	w := &builder{fs: fs, enc: enc, columns: newColumnWriter(), collect: newCollector()}
	w.put = w.add
	return w, nil
}

// segmentPath names a segment's file in a day's folder.
func segmentPath(dir string, number uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%010d.seg", number))
}

// write makes the segment of rows, sorted as its runs, in a file of its own. What f says is
// read when rows has returned 0. When it
// returns nil the segment is committed: it survives any crash. When it fails nothing is
// committed and the file that may be left is overwritten or removed later.
func (w *builder) write(dir, day string, f *footer, rows rowSource) (*segment, []blockTerms, error) {
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

func (w *builder) writeTo(file File, path, day string, f *footer, rows rowSource) (*segment, []blockTerms, error) {
	off := uint64(0)
	put := func(b []byte) error {
		n, err := file.Write(b)
		off += uint64(n)
		return err
	}
	if err := put([]byte(segmentMagic)); err != nil {
		return nil, nil, err
	}
	// What the last block refers to would keep the head in memory that it is made of.
	defer w.columns.release()
	defer w.collect.reset()
	w.collect.reset()
	w.filters.region = w.filters.region[:0]
	var terms []blockTerms
	for first := 0; ; {
		w.columns.start()
		w.collect.start()
		n, err := rows(w.put)
		if err != nil {
			return nil, nil, err
		}
		if n == 0 {
			break
		}
		info := blockInfo{FirstRow: first, Rows: n, MinTime: w.times.min, MaxTime: w.times.max}
		first += n
		core, fields := w.columns.encode()
		text, choices, packed := w.collect.lines(&w.columns.lines)
		for g, sections := range [numGroups][][]byte{{core}, {fields}, {text, choices, packed}} {
			if info.Groups[g], err = w.group(off, sections); err != nil {
				return nil, nil, err
			}
			if err := put(w.packed); err != nil {
				return nil, nil, err
			}
		}
		w.keys = w.collect.keys.list(w.keys[:0])
		if info.Filter, err = w.filters.add(w.keys); err != nil {
			return nil, nil, err
		}
		terms = append(terms, w.collect.finish())
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
	return &segment{footer: *f, path: path, size: int64(off), day: day, version: formatVersion}, terms, nil
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

// add takes the next row of a block: its columns, and what its fields say to the index.
func (w *builder) add(r *row) {
	t := r.event.Timestamp
	if w.columns.rows() == 0 {
		w.times.min, w.times.max = t, t
	}
	w.times.min, w.times.max = min(w.times.min, t), max(w.times.max, t)
	l, fresh := w.columns.add(r, w.collect.attr)
	if fresh {
		w.collect.layout(l)
	}
	if !r.continues {
		w.collect.common(&r.event)
	}
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
