package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
	"github.com/cespare/xxhash/v2"
)

// termIndex is a day's Bleve index: one document per block. Its internal value
// internalSegments lists the segments whose blocks are in, written in the same batch.
// It is derived from the segments: what is not in it is not narrowed, and when it is
// damaged it is made anew.
type termIndex struct {
	path string
	in   atomic.Pointer[map[uint64]int] // segment: its number of blocks; replaced, never changed

	writing sync.Mutex    // one batch at a time; searches do not wait for it
	durable chan struct{} // closed when the last batch is on the disk; nil without one

	mu   sync.Mutex
	idx  index.Index // nil when closed
	view *termView   // of the newest batch, or nil
}

var internalSegments = []byte("foghorn.segments")

// pacer is called by Bleve's background goroutine after a failure (a full disk): it would
// try again without a pause.
const pacer = "foghorn.pacer"

var registerPacer = sync.OnceFunc(func() {
	scorch.RegistryAsyncErrorCallbacks[pacer] = func(error, string) { time.Sleep(time.Second) }
})

// errIndexDamaged is wrapped when a term index has to be made anew.
var errIndexDamaged = errors.New("term index damaged")

var errTermsClosed = errors.New("term index is closed")

// openTermIndex opens or makes the index in path.
func openTermIndex(path string, queue *index.AnalysisQueue) (t *termIndex, err error) {
	registerPacer()
	defer func() {
		if r := recover(); r != nil {
			t, err = nil, fmt.Errorf("%w: %v", errIndexDamaged, r)
		}
	}()
	if err := checkZaps(path); err != nil {
		return nil, err
	}
	idx, err := scorch.NewScorch(scorch.Name, map[string]any{
		"path":                   path,
		"bolt_timeout":           "5s",
		"unsafe_batch":           true, // the segment file is the truth
		"numSnapshotsToKeep":     1,
		"asyncErrorCallbackName": pacer,
		// A document is a block of thousands of lines: with the usual floor of 2000 documents
		// each new one would be merged with all that there are.
		"scorchMergePlanOptions": map[string]any{"FloorSegmentSize": 16},
	}, queue)
	if err != nil {
		return nil, fmt.Errorf("open term index %s: %w", path, err)
	}
	if err := idx.Open(); err != nil {
		return nil, fmt.Errorf("%w: open %s: %w", errIndexDamaged, path, err)
	}
	t = &termIndex{path: path, idx: idx}
	v, err := t.newView()
	if err != nil {
		_ = idx.Close()
		return nil, fmt.Errorf("%w: %w", errIndexDamaged, err)
	}
	t.view = v
	t.in.Store(&v.in)
	return t, nil
}

// checkZaps verifies the checksum of each of Bleve's segment files: Bleve itself does not,
// and a flipped bit would hide blocks.
func checkZaps(path string) error {
	names, err := filepath.Glob(filepath.Join(path, "*.zap"))
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := checkZap(name); err != nil {
			return err
		}
	}
	return nil
}

func checkZap(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	body := st.Size() - crc32.Size
	if body < 0 {
		return fmt.Errorf("%w: %s: %d bytes are too few", errIndexDamaged, name, st.Size())
	}
	h := crc32.NewIEEE()
	var want [crc32.Size]byte
	if _, err := io.CopyN(h, f, body); err != nil {
		return err
	}
	if _, err := io.ReadFull(f, want[:]); err != nil {
		return err
	}
	if h.Sum32() != binary.BigEndian.Uint32(want[:]) {
		return fmt.Errorf("%w: %s: checksum", errIndexDamaged, name)
	}
	return nil
}

// has says whether the segment's blocks are in.
func (t *termIndex) has(segment uint64) bool {
	_, ok := (*t.in.Load())[segment]
	return ok
}

// add takes in the blocks of segments, and drops those of segments that are not live. It returns when they can be searched; they become
// durable later, and are added again at the next start if that did not happen.
func (t *termIndex) add(segments map[*segment][]blockTerms, live map[uint64]bool) (err error) {
	defer recovered(&err)
	t.writing.Lock()
	defer t.writing.Unlock()
	t.mu.Lock()
	idx := t.idx
	t.mu.Unlock()
	if idx == nil {
		return errTermsClosed
	}
	batch := index.NewBatch()
	in := maps.Clone(*t.in.Load())
	for number, blocks := range in {
		if live[number] {
			continue
		}
		for i := range blocks {
			batch.Delete(blockID(number, i))
		}
		delete(in, number)
	}
	for segment, blocks := range segments {
		for i, b := range blocks {
			doc := document.NewDocument(blockID(segment.Number, i))
			doc.AddField(newTermField(fieldWords, b.words))
			doc.AddField(newTermField(fieldValues, b.values))
			batch.Update(doc)
		}
		in[segment.Number] = len(blocks)
	}
	batch.SetInternal(internalSegments, encodeSegments(in))
	durable := make(chan struct{})
	batch.SetPersistedCallback(func(error) { close(durable) })
	if err := idx.Batch(batch); err != nil {
		return fmt.Errorf("index %s: %w", t.path, err)
	}
	t.in.Store(&in)
	t.durable = durable
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.view != nil {
		t.view.release()
		t.view = nil
	}
	return nil
}

// close releases the index, once what was added is on the disk or wait has passed; views
// in use stay good until they are released.
func (t *termIndex) close(wait time.Duration) error {
	t.writing.Lock()
	defer t.writing.Unlock()
	if t.durable != nil && wait > 0 {
		select {
		case <-t.durable:
		case <-time.After(wait):
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.idx == nil {
		return nil
	}
	if t.view != nil {
		t.view.release()
		t.view = nil
	}
	err := t.idx.Close()
	t.idx = nil
	return err
}

// acquire returns the index as of the last batch; release it after use.
func (t *termIndex) acquire() (v *termView, err error) {
	defer recovered(&err)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.idx == nil {
		return nil, errTermsClosed
	}
	if t.view == nil {
		if t.view, err = t.newView(); err != nil {
			return nil, err
		}
	}
	t.view.use()
	return t.view, nil
}

func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w: %v", errIndexDamaged, r)
	}
}

// blockID is a block's document id: ids rise and have one length.
func blockID(segment uint64, block int) string {
	b := make([]byte, 0, 16)
	s := strconv.FormatUint(segment, 16)
	for range 10 - len(s) {
		b = append(b, '0')
	}
	b = append(b, s...)
	s = strconv.FormatInt(int64(block), 16)
	for range 6 - len(s) {
		b = append(b, '0')
	}
	return string(append(b, s...))
}

func parseBlockID(id string) (blockRef, error) {
	if len(id) != 16 {
		return blockRef{}, fmt.Errorf("document id %q", id)
	}
	s, err := strconv.ParseUint(id[:10], 16, 64)
	if err != nil {
		return blockRef{}, err
	}
	b, err := strconv.ParseUint(id[10:], 16, 32)
	return blockRef{s, int(b)}, err
}

func encodeSegments(in map[uint64]int) []byte {
	var b []byte
	for s, n := range in {
		b = binary.AppendUvarint(b, s)
		b = binary.AppendUvarint(b, uint64(n))
	}
	return binary.LittleEndian.AppendUint64(b, xxhash.Sum64(b))
}

func decodeSegments(data []byte) (map[uint64]int, error) {
	in := make(map[uint64]int)
	if len(data) == 0 {
		return in, nil
	}
	n := len(data) - 8
	if n < 0 || xxhash.Sum64(data[:n]) != binary.LittleEndian.Uint64(data[n:]) {
		return nil, corrupt("list of segments: checksum")
	}
	d := &decoder{b: data[:n]}
	for d.off < n && d.err == nil {
		s := d.uvarint()
		in[s] = int(d.uvarint())
	}
	return in, d.err
}

// termField is a field of a document whose terms are known: no analysis, no positions, no
// frequencies, nothing stored.
type termField struct {
	name  string
	freqs index.TokenFrequencies
}

func newTermField(name string, terms []string) *termField {
	once := &index.TokenFreq{}
	once.SetFrequency(1)
	freqs := make(index.TokenFrequencies, len(terms))
	for _, t := range terms {
		freqs[t] = once
	}
	return &termField{name: name, freqs: freqs}
}

func (f *termField) Name() string                                     { return f.name }
func (f *termField) Value() []byte                                    { return nil }
func (f *termField) ArrayPositions() []uint64                         { return nil }
func (f *termField) EncodedFieldType() byte                           { return 't' }
func (f *termField) Analyze()                                         {}
func (f *termField) AnalyzedLength() int                              { return len(f.freqs) }
func (f *termField) AnalyzedTokenFrequencies() index.TokenFrequencies { return f.freqs }
func (f *termField) NumPlainTextBytes() uint64                        { return 0 }
func (f *termField) Size() int                                        { return 64 * len(f.freqs) }
func (f *termField) Options() index.FieldIndexingOptions {
	return index.IndexField | index.SkipFreqNorm
}
