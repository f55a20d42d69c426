package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/zstd"
)

// The frame of a segment file, see FORMAT.md.
const (
	segmentMagic  = "FOGHSEG\n"
	trailerMagic  = "FOGHEND\n"
	formatVersion = 3
	oldestVersion = 1
	// trailerSize: footer's offset, compressed and raw length, checksum (8 each), version
	// (4), checksum of these (4), magic (8).
	trailerSize = 4*8 + 4 + 4 + 8
	// maxFooter and maxGroup bound what a damaged length can make us allocate.
	maxFooter = 1 << 30
	maxGroup  = 1 << 31
)

// Run is a stretch of one source's lines, of one generation, in one part; in order.
type Run struct {
	Source, Host, Path string
	Generation         uint64
	// FirstRow and Rows say where the lines are in the part. A run of no rows carries the
	// marks of a source whose lines are no longer kept.
	FirstRow, Rows int
	// FirstLine is how many lines of the generation, FirstSeq how many lines of the
	// source, came before. Those of the run follow each other, unless Kept says which of
	// them retention has left.
	FirstLine, FirstSeq     int64
	Kept                    *Kept
	FirstOffset, NextOffset int64
	// Event times of the lines, and the newest observed time, Unix nanoseconds.
	MinTime, MaxTime, MaxObserved int64
}

// Gap is a range of a source's bytes that never came, see search.Gap.
type Gap struct {
	Source     string
	Generation uint64
	From, To   int64
}

// footer is all of a segment but its columns and filters.
type footer struct {
	Number         uint64
	Merged         []uint64 // the segments that this one was made of
	Created        int64
	Rows, Bytes    int64
	Runs           []Run
	Offsets        map[int]int64
	Gaps           []Gap
	Keep           [][]string // what retention has left of the lines, see keep.go
	Blocks         []blockInfo
	Filter         filterParams // of the segment, in version 1
	FilterBase     uint64
	FilterSize     uint64
	FilterPageSums []uint32
}

// blockInfo is a block's entry in the directory.
type blockInfo struct {
	FirstRow, Rows   int
	MinTime, MaxTime int64
	Groups           [numGroups]groupInfo
	Filter           filterParams
}

// Column groups.
const (
	groupCore = iota
	groupFields
	groupLines
	numGroups
)

type groupInfo struct {
	Offset    uint64
	Size, Raw uint32
	Sum       uint64
}

// segment is an opened segment file. It holds no file descriptor, unless it was merged into
// another and is still read.
type segment struct {
	footer
	path    string
	size    int64
	day     string
	version uint32
	retired atomic.Bool              // retention removed it
	merged  atomic.Pointer[os.File]  // the file, removed from its folder after a merge
	terms   atomic.Pointer[memTerms] // of a segment that is not in its day's term index

	mu      sync.Mutex
	damaged map[int]string // block, -1 the filters: reason
}

var errRetired = errors.New("segment retired")

// IsRetired says that an error means no more than that retention removed the part while
// it was being read.
func IsRetired(err error) bool { return errors.Is(err, errRetired) }

var zstdDecoder = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxGroup))
})

func openSegment(path, day string) (*segment, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	s := &segment{path: path, size: st.Size(), day: day}
	if err := s.readFooter(f); err != nil {
		return nil, fmt.Errorf("open segment %s: %w", path, err)
	}
	return s, nil
}

func (s *segment) readFooter(f *os.File) error {
	if s.size < int64(len(segmentMagic)+trailerSize) {
		return corrupt("%d bytes are too few", s.size)
	}
	var t [trailerSize]byte
	if _, err := f.ReadAt(t[:], s.size-trailerSize); err != nil {
		return err
	}
	if string(t[40:]) != trailerMagic {
		return corrupt("no trailer at byte %d", s.size-trailerSize)
	}
	if binary.LittleEndian.Uint32(t[36:]) != uint32(xxhash.Sum64(t[:36])) {
		return corrupt("trailer at byte %d: checksum", s.size-trailerSize)
	}
	if s.version = binary.LittleEndian.Uint32(t[32:]); s.version < oldestVersion || s.version > formatVersion {
		return fmt.Errorf("format version %d, want %d to %d", s.version, oldestVersion, formatVersion)
	}
	off, size := binary.LittleEndian.Uint64(t[0:]), binary.LittleEndian.Uint64(t[8:])
	raw, sum := binary.LittleEndian.Uint64(t[16:]), binary.LittleEndian.Uint64(t[24:])
	if size > maxFooter || raw > maxFooter || off+size != uint64(s.size-trailerSize) {
		return corrupt("footer's place in the trailer")
	}
	data, err := readGroup(f, groupInfo{Offset: off, Size: uint32(size), Raw: uint32(raw), Sum: sum})
	if err != nil {
		return fmt.Errorf("footer at byte %d: %w", off, err)
	}
	if err := s.footer.decode(data, s.version); err != nil {
		return fmt.Errorf("footer at byte %d: %w", off, err)
	}
	return nil
}

// readGroup reads, checks and decompresses.
func readGroup(f io.ReaderAt, g groupInfo) ([]byte, error) {
	packed, err := readPacked(f, g)
	if err != nil {
		return nil, err
	}
	return unpack(packed, int(g.Raw))
}

// readPacked reads and checks.
func readPacked(f io.ReaderAt, g groupInfo) ([]byte, error) {
	packed := make([]byte, g.Size)
	if _, err := f.ReadAt(packed, int64(g.Offset)); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, corrupt("file is cut")
		}
		return nil, err
	}
	if xxhash.Sum64(packed) != g.Sum {
		return nil, corrupt("checksum")
	}
	return packed, nil
}

// open gives access to the file's blocks and filters.
func (s *segment) open() (segmentFile, error) {
	if f := s.merged.Load(); f != nil {
		return keptFile{f}, nil
	}
	f, err := os.Open(s.path)
	if err == nil {
		return f, nil
	}
	if f := s.merged.Load(); f != nil { // it was merged meanwhile
		return keptFile{f}, nil
	}
	if s.retired.Load() {
		return nil, errRetired
	}
	return nil, err
}

// segmentFile is what a segment is read from.
type segmentFile interface {
	io.ReaderAt
	io.Closer
}

// keptFile is closed with the last reader of a merged segment, when it is garbage.
type keptFile struct{ *os.File }

// Close does nothing.
func (keptFile) Close() error { return nil }

// read decodes block i, with its fields if they are wanted.
func (s *segment) read(i int, fields bool) (*Block, error) {
	b, err := s.openBlock(i)
	if err != nil {
		return nil, err
	}
	if err := b.LoadAll(); err != nil {
		return nil, err
	}
	if fields {
		return s.withFields(i, b)
	}
	return b, nil
}

// openBlock reads what block i has in patterns; of version 1, all its lines.
func (s *segment) openBlock(i int) (*Block, error) {
	f, err := s.open()
	if err != nil {
		return nil, s.damage(i, err)
	}
	defer f.Close()
	info := &s.Blocks[i]
	b := &Block{n: info.Rows, sealed: &sealedBlock{seg: s, index: i}}
	b.sources, b.sealed.runs = s.sourcesOf(info)
	g := info.Groups[groupLines]
	packed, err := readPacked(f, g)
	switch {
	case err != nil:
	case s.version > 1:
		err = b.sealed.lines.open(packed, int(g.Raw), info.Rows)
	default:
		var lines []byte
		if lines, err = unpack(packed, int(g.Raw)); err == nil {
			b.sealed.lines.whole(lines, info.Rows)
		}
	}
	if err != nil {
		return nil, s.damage(i, fmt.Errorf("lines at byte %d: %w", g.Offset, err))
	}
	if s.version == 1 {
		if err := b.LoadNumbers(); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// readNumbers reads the core column group of a block.
func (s *segment) readNumbers(b *Block) error {
	i := b.sealed.index
	f, err := s.open()
	if err != nil {
		return s.damage(i, err)
	}
	defer f.Close()
	g := s.Blocks[i].Groups[groupCore]
	data, err := readGroup(f, g)
	switch {
	case err != nil:
	case s.version > 1:
		err = b.decodeCore(data)
	default:
		err = b.decodeCore1(data)
	}
	if err != nil {
		return s.damage(i, fmt.Errorf("numbers at byte %d: %w", g.Offset, err))
	}
	return nil
}

// withFields returns b with its fields; b itself does not change.
func (s *segment) withFields(i int, b *Block) (*Block, error) {
	if err := b.LoadAll(); err != nil {
		return nil, err
	}
	f, err := s.open()
	if err != nil {
		return nil, s.damage(i, err)
	}
	defer f.Close()
	c := *b
	return s.readFields(i, &c, f)
}

func (s *segment) readFields(i int, b *Block, f io.ReaderAt) (*Block, error) {
	g := s.Blocks[i].Groups[groupFields]
	data, err := readGroup(f, g)
	switch {
	case err != nil:
	case s.version > 1:
		err = b.decodeFields(data)
	default:
		err = b.decodeFields1(data)
	}
	if err != nil {
		return nil, s.damage(i, fmt.Errorf("fields at byte %d: %w", g.Offset, err))
	}
	return b, nil
}

// damage remembers that a block cannot be read and returns the error to report.
func (s *segment) damage(i int, err error) error {
	if errors.Is(err, errRetired) {
		return err
	}
	if s.retired.Load() {
		return errRetired
	}
	if errors.Is(err, errCorrupt) || errors.Is(err, fs.ErrNotExist) {
		s.mu.Lock()
		if s.damaged == nil {
			s.damaged = make(map[int]string)
		}
		s.damaged[i] = err.Error()
		s.mu.Unlock()
	}
	return fmt.Errorf("segment %s: block %d: %w", s.path, i, err)
}

// sourcesOf lists the sources of a block, and a run of each.
func (s *segment) sourcesOf(info *blockInfo) (out []blockSource, runs []*Run) {
	for i := s.runAt(info.FirstRow); i < len(s.Runs); i++ {
		r := &s.Runs[i]
		if r.FirstRow >= info.FirstRow+info.Rows {
			break
		}
		if r.Rows == 0 {
			continue
		}
		end := min(r.FirstRow+r.Rows-info.FirstRow, info.Rows)
		if n := len(out) - 1; n >= 0 && out[n].source == r.Source && out[n].generation == r.Generation {
			out[n].end = end // lines between the two were lost
			continue
		}
		out, runs = append(out, blockSource{r.Source, r.Generation, end}), append(runs, r)
	}
	return out, runs
}

// runAt returns the index of the first run that ends behind row.
func (s *segment) runAt(row int) int {
	lo, hi := 0, len(s.Runs)
	for lo < hi {
		if m := (lo + hi) / 2; s.Runs[m].FirstRow+s.Runs[m].Rows > row {
			hi = m
		} else {
			lo = m + 1
		}
	}
	return lo
}
