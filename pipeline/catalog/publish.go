package catalog

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"

	"foghorn/pipeline"
)

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
			r.board.expect(hash, known{r.miner.Knowledge(m.ref), time.Unix(0, m.first).UTC(), m.sample})
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
