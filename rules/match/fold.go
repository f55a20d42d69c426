package match

import (
	"bytes"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"foghorn/pipeline"
	"foghorn/rules"
)

// pending gathers the matches of one rule and group between two calls of Flush.
type pending struct {
	rule       *rules.Rule
	group      map[string]string
	runs       []run
	hosts      []string
	services   []string
	templates  []string
	errorClass string
	samples    []pipeline.Sample
	slot       int64 // of the newest sample
	inSlot     int   // samples of it
}

// wanted says whether a line is to be a sample: the first few of each slot of event time.
// A slot is no longer than the window, or for a pattern the time that parts episodes, so
// that each episode has a sample, also when one Flush holds hours of backlog.
func (p *pending) wanted(r *rules.Rule, t int64) bool {
	length := int64(max(r.Bucket(), r.Window))
	if r.Kind == rules.KindPattern {
		length = int64(max(r.Bucket(), r.KeepFiring))
	}
	if slot := t / length; slot != p.slot {
		p.slot, p.inSlot = slot, 0
	}
	if p.inSlot >= rules.SlotSamples || len(p.samples) >= rules.MaxSamples {
		return false
	}
	p.inSlot++
	return true
}

// run is a stretch of matches of one generation of a source.
type run struct {
	rules.Matches
	source *source
}

// fold counts an event for a rule.
func (m *Matcher) fold(r *rules.Rule, e *pipeline.Event) {
	p := m.group(r, e)
	s := m.last
	s.matched = max(s.matched, m.time)
	at := -1
	for i := len(p.runs) - 1; i >= 0; i-- {
		if g := &p.runs[i].Matches; g.Generation == e.ID.Generation && g.Source == e.ID.Source {
			at = i
			break
		}
	}
	if at < 0 || len(p.runs[at].Offsets) >= rules.MaxOffsets {
		at = len(p.runs)
		p.runs = append(p.runs, run{rules.Matches{Source: e.ID.Source, Generation: e.ID.Generation}, s})
	}
	g := &p.runs[at]
	g.Offsets = append(g.Offsets, e.ID.Offset)
	g.Times = append(g.Times, m.time)
	if g.Next = 0; e.ID.Generation != 0 && bytes.IndexByte(e.Body, '\n') >= 0 {
		g.Next = e.ID.Offset + e.Size
	}

	p.hosts = addName(p.hosts, e.Host)
	p.services = addName(p.services, e.Service)
	p.templates = addName(p.templates, e.Template)
	if p.errorClass == "" {
		p.errorClass = e.ErrorClass
	}
	if p.wanted(r, m.time) {
		p.samples = append(p.samples, pipeline.Sample{
			Source: e.ID.Source, Generation: e.ID.Generation, Offset: e.ID.Offset,
			Timestamp: time.Unix(0, m.time).UTC(), Line: cut(e.Body),
		})
	}
}

// group finds the pending matches of the rule and the event's group.
func (m *Matcher) group(r *rules.Rule, e *pipeline.Event) *pending {
	m.values = m.values[:0]
	found, names := extract(r, e.Body)
	for _, name := range r.GroupBy {
		value, ok := "", false
		for i := 1; i < len(names) && !ok; i++ { // alternatives can share a name
			if names[i] == name && found[2*i] >= 0 {
				value, ok = string(e.Body[found[2*i]:found[2*i+1]]), true
			}
		}
		if !ok {
			value, _ = e.Field(name)
		}
		m.values = append(m.values, clip(value))
	}
	m.key = append(append(m.key[:0], r.ID...), 0)
	m.key = append(m.key, r.Revision...)
	for _, v := range m.values {
		m.key = append(append(m.key, 0), v...)
	}
	p, ok := m.pending[string(m.key)]
	if !ok {
		p = &pending{rule: r, group: make(map[string]string, len(m.values))}
		for i, name := range r.GroupBy {
			p.group[name] = m.values[i]
		}
		m.pending[string(m.key)] = p
		m.order = append(m.order, p)
	}
	return p
}

// extract runs the rule's patterns over a line: the first that fits decides.
func extract(r *rules.Rule, line []byte) (found []int, names []string) {
	for i := range r.Extract {
		x := &r.Extract[i]
		if found = x.RE.FindSubmatchIndex(line); found != nil {
			return found, x.Names
		}
	}
	return nil, nil
}

// partials makes the records of one group: several when there are too many matches.
func (m *Matcher) partials(p *pending) []rules.Partial {
	base := rules.Partial{
		Rule: p.rule.ID, Revision: p.rule.Revision, Group: p.group,
		Partition: m.part, Progress: m.progress,
		Hosts: p.hosts, Services: p.services, Templates: p.templates, ErrorClass: p.errorClass,
	}
	// The parts of one source stay in order. A part carries the samples of its lines, the
	// last one the clocks: until then, time must not pass for matches still to come.
	var out []rules.Partial
	count := 0
	for i := range p.runs {
		g := &p.runs[i]
		if len(out) == 0 || count+len(g.Offsets) > rules.MaxOffsets {
			out = append(out, base)
			count = 0
		}
		part := &out[len(out)-1]
		part.Sources = append(part.Sources, g.Matches)
		count += len(g.Offsets)
	}
	for i := range p.samples {
		at := slices.IndexFunc(out, func(part rules.Partial) bool { return holds(&part, &p.samples[i]) })
		out[at].Samples = append(out[at].Samples, p.samples[i])
	}
	last := &out[len(out)-1]
	for i := range p.runs {
		g := &p.runs[i]
		at := slices.IndexFunc(last.Sources, func(m rules.Matches) bool {
			return m.Source == g.Source && m.Generation == g.Generation
		})
		if at < 0 {
			at = len(last.Sources)
			last.Sources = append(last.Sources, rules.Matches{Source: g.Source, Generation: g.Generation})
		}
		last.Sources[at].Clock = g.source.Clock
	}
	return out
}

// holds says whether a partial has the match of a sample.
func holds(p *rules.Partial, s *pipeline.Sample) bool {
	for i := range p.Sources {
		m := &p.Sources[i]
		if m.Source != s.Source || m.Generation != s.Generation {
			continue
		}
		if _, ok := slices.BinarySearch(m.Offsets, s.Offset); ok {
			return true
		}
	}
	return false
}

func addName(names []string, name string) []string {
	if name == "" || len(names) >= rules.MaxNames || slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}

// maxValue bounds a group's value: values are in the keys of records and in memory.
const maxValue = 512

// clip bounds a value and makes it UTF-8, as the JSON of a record would.
func clip(value string) string {
	if len(value) > maxValue {
		value = string(runeCut([]byte(value), maxValue))
	}
	return strings.ToValidUTF8(value, "\uFFFD")
}

func cut(line []byte) string {
	if len(line) > rules.MaxSampleLine {
		line = runeCut(line, rules.MaxSampleLine)
	}
	return string(line)
}

// runeCut cuts b to at most n bytes, not within a character.
func runeCut(b []byte, n int) []byte {
	for i := n; i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			return b[:i]
		}
	}
	return b[:n]
}
