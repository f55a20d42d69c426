package store

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/zstd"
)

// builder writes segments, one at a time, and keeps its buffers between them.
type builder struct {
	fs         FS
	blockLines int
	enc        *zstd.Encoder
	columns    *columnWriter
	collect    *collector
	filters    filterWriter
	keys       []uint64
	packed     []byte
}

// blockTerms are the terms of one block, for Bleve.
type blockTerms struct{ words, values []string }

func newBuilder(fs FS, blockLines int) (*builder, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, err
	}
	return &builder{fs: fs, blockLines: blockLines, enc: enc, columns: newColumnWriter(), collect: newCollector()}, nil
}

// segmentPath names a segment's file in a day's folder.
func segmentPath(dir string, number uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%010d.seg", number))
}

// write makes the segment of rows, sorted as in the head, in a file of its own. When it
// returns nil the segment is committed: it survives any crash. When it fails nothing is
// committed and the file that may be left is overwritten or removed later.
func (w *builder) write(dir, day string, f footer, rows []*row) (*segment, []blockTerms, error) {
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

func (w *builder) writeTo(file File, path, day string, f footer, rows []*row) (*segment, []blockTerms, error) {
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
	for first, end := 0, 0; first < len(rows); first = end {
		end = blockEnd(rows, first, w.blockLines)
		part := rows[first:end]
		info := blockInfo{FirstRow: first, Rows: len(part)}
		w.columns.encode(part)
		for g, data := range [numGroups][]byte{w.columns.core, w.columns.fields, w.columns.lines} {
			w.packed = w.enc.EncodeAll(data, w.packed[:0])
			info.Groups[g] = groupInfo{
				Offset: off, Size: uint32(len(w.packed)), Raw: uint32(len(data)), Sum: xxhash.Sum64(w.packed),
			}
			if err := put(w.packed); err != nil {
				return nil, nil, err
			}
		}
		words, values, err := w.index(&info, part)
		if err != nil {
			return nil, nil, err
		}
		terms = append(terms, blockTerms{words, values})
		f.Blocks = append(f.Blocks, info)
	}
	w.keys = w.collect.all.list(w.keys[:0])
	var err error
	if f.Filter, err = w.filters.add(w.keys); err != nil {
		return nil, nil, err
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
	return &segment{footer: f, path: path, size: int64(off), day: day}, terms, nil
}

// index collects a block's terms and writes its filter.
func (w *builder) index(info *blockInfo, rows []*row) (words, values []string, err error) {
	w.collect.start()
	info.MinTime, info.MaxTime = rows[0].event.Timestamp, rows[0].event.Timestamp
	for _, r := range rows {
		info.MinTime = min(info.MinTime, r.event.Timestamp)
		info.MaxTime = max(info.MaxTime, r.event.Timestamp)
		w.collect.add(&r.event, r.continues)
	}
	w.keys = w.collect.keys.list(w.keys[:0])
	if info.Filter, err = w.filters.add(w.keys); err != nil {
		return nil, nil, err
	}
	words, values = w.collect.finish()
	return words, values, nil
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
