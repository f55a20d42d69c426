package catalog

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"foghorn/pipeline"
	"foghorn/pipeline/templates"
)

// Recorder finds the templates of the lines of one partition of logs.raw, and counts them.
// It is used by one goroutine.
type Recorder struct {
	cfg       Config
	partition int
	board     *Board

	miner   *templates.Miner
	scratch templates.Scratch
	vars    []templates.Span
	names   []string // of the fields for variables
	text    []byte
	values  strings.Builder // of the fields for variables
	known   map[templates.Ref]*mined
	byID    map[string]*mined
	fresh   []*mined
	splits  map[string][]split // by the id of the template that a curation is about now

	version   int64             // of the board, as last seen
	published map[string]uint64 // a hash of each template's record, as last seen or written
	records   int               // templates written in this interval
	counts    counter
	written   time.Time // when counts were written last
	cleaned   time.Time
}

// mined is what a Recorder knows of a template that it has seen lines of.
type mined struct {
	ref    templates.Ref
	id     string
	first  int64 // Unix nanoseconds
	sample string
	splits []split
	seen   bool // since the last write
	run    run
	// looked is the miner's revision at the last write, 0 when the sample is another since,
	// and hash that of its record: most templates are seen in every interval, and do not
	// change any more.
	looked uint32
	hash   uint64
}

// NewRecorder returns the Recorder of a partition of logs.raw.
func NewRecorder(cfg Config, board *Board, partition int) *Recorder {
	return &Recorder{
		cfg: cfg, partition: partition, board: board, miner: templates.New(cfg.Miner),
		known: make(map[templates.Ref]*mined), byID: make(map[string]*mined), published: make(map[string]uint64),
		counts: newCounter(cfg, partition), names: variableNames(cfg.Variables),
	}
}

// maxReplay is how many records are read again at most to complete the counts.
const maxReplay = 5_000_000

// Restore waits until the board is up to date, and takes from it what is known. It returns
// the offset from which records have to be given to Mine once more, to be counted only;
// that is next, the first record not yet processed, when the counts are whole.
func (r *Recorder) Restore(ctx context.Context, next int64) (from int64, err error) {
	if err := r.board.Wait(ctx); err != nil {
		return next, err
	}
	counts, progress := r.board.of(r.partition)
	r.counts.restore(counts)
	r.learn()
	switch {
	case progress < 0: // nothing was ever counted: what follows is, from here
		r.counts.begin = &next
		return next, nil
	case progress > next, next-progress > maxReplay:
		return next, nil
	}
	return progress, nil
}

// Mine finds the template of an event and sets it. offset is that of its record,
// message the event's message.
func (r *Recorder) Mine(offset int64, e *pipeline.Event, message []byte) {
	ref := r.miner.Add(message, &r.scratch)
	m := r.known[ref]
	if m == nil {
		m = r.meet(ref, e, message)
	}
	m.seen = true
	if e.Timestamp < m.first {
		m.first, m.sample, m.looked = e.Timestamp, sampleOf(message), 0
	}
	e.Template = m.id
	if len(m.splits) > 0 {
		r.text = spaced(r.text[:0], message)
		for i := range m.splits {
			if m.splits[i].matches(r.text) {
				e.Template = m.splits[i].id
				break
			}
		}
	}
	if r.cfg.Variables > 0 {
		r.variables(ref, e, message)
	}
	if span := r.counts.of(offset, e); span != nil {
		m.run.add(span, e)
	}
}

// meet gets to know a template of which there was no line before.
func (r *Recorder) meet(ref templates.Ref, e *pipeline.Event, message []byte) *mined {
	if len(r.known) >= 2*r.cfg.Miner.MaxTemplates {
		r.forget()
	}
	id := r.miner.ID(ref)
	if others := r.board.entry(id); others != nil {
		_ = r.miner.Learn([]*templates.Knowledge{others}) // one that the miner had let go
	}
	m := &mined{ref: ref, id: id, first: e.Timestamp, sample: sampleOf(message), splits: r.splits[id]}
	r.known[ref], r.byID[id] = m, m
	r.fresh = append(r.fresh, m)
	return m
}

// forget drops what was not seen since the last write: templates that the miner has let go
// are among them, all others are met again.
func (r *Recorder) forget() {
	for ref, m := range r.known {
		if !m.seen {
			m.run.settle()
			delete(r.known, ref)
			if r.byID[m.id] == m {
				delete(r.byID, m.id)
			}
		}
	}
	if len(r.known) >= 2*r.cfg.Miner.MaxTemplates {
		r.settle()
		clear(r.known)
		clear(r.byID)
	}
	clear(r.published)
}

// settle counts the lines of all runs.
func (r *Recorder) settle() {
	for _, m := range r.known {
		m.run.settle()
	}
}

const maxSample = 512

func sampleOf(message []byte) string {
	if len(message) > maxSample {
		message = message[:maxSample]
		for i := 0; i < utf8.UTFMax && len(message) > 0 && !utf8.RuneStart(message[len(message)-1]); i++ {
			message = message[:len(message)-1]
		}
	}
	return string(bytes.ToValidUTF8(message, []byte("\uFFFD")))
}

// Flush returns the records to be written with the events of the lines before offset next:
// new templates at once, the rest every Config.Interval.
func (r *Recorder) Flush(now time.Time, next int64) ([]pipeline.Message, error) {
	var out []pipeline.Message
	var err error
	if out, err = r.templates(out, r.fresh); err != nil {
		return nil, err
	}
	clear(r.fresh)
	r.fresh = r.fresh[:0]
	if begin := r.counts.begin; begin != nil {
		r.counts.begin = nil
		msg, err := message(keyProgress+strconv.Itoa(r.partition), &Progress{Offset: *begin})
		if err != nil {
			return nil, err
		}
		out = append(out, msg)
	}
	if r.written.IsZero() {
		r.written, r.cleaned = now, now
	}
	if now.Sub(r.written) >= r.cfg.Interval {
		r.written, r.records = now, 0
		if out, err = r.write(out, now, next); err != nil {
			return nil, err
		}
	}
	r.learn()
	return out, nil
}

// learn takes what others have written since the last look. What differs from what is
// known here then is written with the next write, so that all come to know the same.
func (r *Recorder) learn() {
	n := r.board.since(r.version)
	if n == nil {
		return
	}
	r.version = n.version
	for _, id := range n.removed {
		delete(r.published, id)
	}
	if n.allRemoved {
		clear(r.published)
	}
	var others []*templates.Knowledge
	for _, h := range n.templates {
		t, id := &h.value, h.value.ID()
		m := r.byID[id]
		if r.published[id] == h.hash { // our own, or learned before
			r.miner.Share(t.Knowledge)
			if m != nil && m.sample == t.sample {
				m.sample = t.sample // the same memory
			}
			continue
		}
		r.published[id] = h.hash
		others = append(others, t.Knowledge)
		if m != nil {
			m.seen = true
			if at := t.first.UnixNano(); at < m.first || at == m.first && t.sample < m.sample {
				m.first, m.sample, m.looked = at, t.sample, 0
			}
		}
	}
	if len(others) > 0 {
		_ = r.miner.Learn(others) // the board has told what is not whole
	}
	if len(n.curations) > 0 || len(r.splits) > 0 {
		r.curate(n.curations)
	}
}

// curate finds the templates that splits are about now: a template that has become part
// of another takes its splits along.
func (r *Recorder) curate(curations map[string]Curation) {
	r.splits = make(map[string][]split)
	for _, c := range curations {
		id := c.ID
		if t, ok := r.miner.Lookup(id); ok {
			id = t.ID
		}
		for _, text := range c.Splits {
			r.splits[id] = append(r.splits[id], newSplit(c.ID, text))
		}
	}
	for _, list := range r.splits {
		slices.SortFunc(list, func(a, b split) int { return cmp.Compare(a.id, b.id) })
	}
	for _, m := range r.known {
		m.splits = r.splits[m.id]
	}
}

// clean removes the rarest templates when there are too many. One partition does it for all.
func (r *Recorder) clean(out []pipeline.Message) ([]pipeline.Message, error) {
	if r.partition != 0 {
		return out, nil
	}
	for _, id := range r.board.rarest() {
		msg, err := message(id, nil)
		if err != nil {
			return nil, err
		}
		out = append(out, msg)
	}
	return out, nil
}
