package catalog

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"

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
	free    []pipeline.Attr // room for the attributes of the next events
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

// variables makes fields of the message's variables. A line that has such fields of its own
// gets none.
func (r *Recorder) variables(ref templates.Ref, e *pipeline.Event, message []byte) {
	for i := range e.Attrs {
		if strings.HasPrefix(e.Attrs[i].Key, variablePrefix) {
			return
		}
	}
	r.vars = r.miner.Variables(ref, &r.scratch, r.vars[:0])
	vars := r.vars[:min(len(r.vars), r.cfg.Variables)]
	if len(vars) == 0 || !utf8.Valid(message) {
		return
	}
	r.text = r.text[:0]
	for _, v := range vars {
		if v.End-v.Start <= maxVariable {
			r.text = append(r.text, message[v.Start:v.End]...)
		}
	}
	text := string(r.text)
	if cap(e.Attrs)-len(e.Attrs) < len(vars) {
		e.Attrs = append(r.room(len(e.Attrs)+len(vars)), e.Attrs...)
	}
	for i, v := range vars {
		if n := v.End - v.Start; n > 0 && n <= maxVariable {
			e.Attrs = append(e.Attrs, pipeline.Attr{Key: r.names[i], Value: text[:n]})
			text = text[n:]
		}
	}
}

// slab is for how many attributes room is made at once.
const slab = 512

// room returns the place of n attributes.
func (r *Recorder) room(n int) []pipeline.Attr {
	if len(r.free) < n {
		r.free = make([]pipeline.Attr, max(n, slab))
	}
	out := r.free[:0:n]
	r.free = r.free[n:]
	return out
}

const (
	variablePrefix = "var."
	maxVariable    = 512
)

func variableNames(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = variablePrefix + strconv.Itoa(i+1)
	}
	return out
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

// write appends what has changed since the last write. The progress comes last: what it
// says holds once all before it is written.
func (r *Recorder) write(out []pipeline.Message, now time.Time, next int64) ([]pipeline.Message, error) {
	r.settle()
	var seen []*mined
	for _, m := range r.known {
		if m.seen {
			seen = append(seen, m)
			m.seen = false
		}
	}
	slices.SortFunc(seen, func(a, b *mined) int { return cmp.Compare(a.id, b.id) })
	if len(seen) > 0 {
		_, _ = r.miner.Template(seen[0].ref) // lets all templates hand on what they know
	}
	out, err := r.templates(out, seen)
	if err != nil {
		return nil, err
	}
	if now.Sub(r.cleaned) >= time.Minute {
		r.cleaned = now
		if out, err = r.clean(out); err != nil {
			return nil, err
		}
	}
	return r.counts.write(out, now, next)
}

// maxRecords is how many templates are written in one Interval. The rest is written later,
// if there are lines of it then: so many are not what a program prints, but what the
// miner makes of random text.
const maxRecords = 2000

// templates appends the records of templates that are not on the topic as they are known
// here.
func (r *Recorder) templates(out []pipeline.Message, list []*mined) ([]pipeline.Message, error) {
	for _, m := range list {
		if r.records == maxRecords {
			break
		}
		revision := r.miner.Revision(m.ref)
		if hash, ok := r.published[m.id]; ok && revision == m.looked && hash == m.hash {
			continue
		}
		value, err := r.record(m)
		if err != nil {
			return nil, fmt.Errorf("encode %s: %w", m.id, err)
		}
		hash := xxhash.Sum64(value)
		m.looked, m.hash = revision, hash
		if r.published[m.id] != hash {
			r.published[m.id] = hash
			r.records++
			out = append(out, pipeline.Message{Topic: pipeline.TopicTemplates, Key: []byte(m.id), Value: bytes.Clone(value)})
		}
	}
	return out, nil
}

// record returns the template's Template as json.Marshal writes it, until the next call.
// Its lines are counted apart, and of which it has become part follows from what all know.
func (r *Recorder) record(m *mined) ([]byte, error) {
	b, err := r.miner.AppendJSON(r.text[:0], m.ref)
	if err != nil {
		return nil, err
	}
	sample, err := json.Marshal(m.sample)
	if err != nil {
		return nil, err
	}
	b = append(bytes.TrimSuffix(b, []byte{'}'}), `,"first_seen":"`...)
	b = time.Unix(0, m.first).UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(append(append(b, `","sample":`...), sample...), '}')
	r.text = b
	return b, nil
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
