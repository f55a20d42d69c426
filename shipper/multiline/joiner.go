package multiline

import (
	"bytes"
	"fmt"
	"regexp"
	"time"

	"foghorn/shipper/tail"
)

// Rules are a Config that was checked and compiled. They may be shared by any number of
// Joiners.
type Rules struct {
	cfg         Config
	start, goOn *regexp.Regexp
}

// New returns Rules. It returns nil Rules for a Config whose mode is off, or the
// Config's faults.
func New(cfg Config) (*Rules, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("multiline: %w", err)
	}
	if cfg.Mode == "off" {
		return nil, nil
	}
	r := &Rules{cfg: cfg.fill()}
	var err error
	if cfg.Start != "" {
		r.start, err = regexp.Compile(cfg.Start)
	} else if cfg.Continue != "" {
		r.goOn, err = regexp.Compile(cfg.Continue)
	}
	if err != nil {
		return nil, fmt.Errorf("multiline: %w", err) // not after Validate
	}
	return r, nil
}

// Joiner groups the lines of one generation. It is used by one goroutine at a time.
type Joiner struct {
	rules *Rules
	emit  func(event []tail.Line)

	// held are the lines that wait. The first sure of them are one event for certain;
	// what is behind them belongs to it only if a further line says so.
	held    []tail.Line
	sure    int
	bytes   int
	owned   int // of held, from the front, have memory of their own
	state   state
	partial bool   // the last line's message goes on in the next one
	stream  stream // of the lines held
	last    time.Time
	scratch []byte
}

// Joiner returns a Joiner that gives events, of one line or more, to emit. The slice is
// valid until emit returns, the lines' Raw for good.
func (r *Rules) Joiner(emit func(event []tail.Line)) *Joiner {
	return &Joiner{rules: r, emit: emit}
}

// Add takes the next line. now tells when it came.
func (j *Joiner) Add(l tail.Line, now time.Time) {
	j.last = now
	if l.Truncated {
		j.Flush()
		j.hold(&l, sure)
		j.Flush()
		return
	}
	m := message{text: l.Raw}
	j.unwrap(&m)
	if len(j.held) > 0 && m.stream != j.stream {
		j.Flush()
	}
	if j.partial {
		j.hold(&l, sure)
		j.partial = m.partial
		if !m.partial && j.state == none && !j.patterns() {
			j.Flush()
		}
		return
	}
	if j.patterns() {
		j.match(&l, m.text)
	} else {
		j.trace(&l, &m)
	}
	j.stream, j.partial = m.stream, m.partial
}

func (j *Joiner) patterns() bool { return j.rules.start != nil || j.rules.goOn != nil }

// match applies the patterns of the configuration.
func (j *Joiner) match(l *tail.Line, text []byte) {
	var joins bool
	if j.rules.start != nil {
		joins = !j.rules.start.Match(text)
	} else {
		joins = j.rules.goOn.Match(text)
	}
	if !joins {
		j.Flush()
	}
	j.hold(l, sure)
}

// belief is how certain it is that a line belongs to the event that is held.
type belief uint8

const (
	sure  belief = iota
	maybe        // if the next line says so
)

// hold adds a line to the event that is held, which is cut if it becomes too large.
func (j *Joiner) hold(l *tail.Line, b belief) {
	n := len(l.Raw) + 1
	if len(j.held) > 0 && (len(j.held) >= j.rules.cfg.MaxLines || j.bytes+n > j.rules.cfg.MaxBytes) {
		state := j.state
		j.Flush()
		j.state = state
	}
	j.held = append(j.held, *l)
	j.bytes += n
	if b == sure || len(j.held) == 1 {
		j.sure = len(j.held)
	}
}

// Flush gives out all that is held.
func (j *Joiner) Flush() {
	if len(j.held) == 0 {
		return
	}
	j.emit(j.held[:j.sure])
	for i := j.sure; i < len(j.held); i++ {
		j.emit(j.held[i : i+1])
	}
	j.Drop()
}

// Drop forgets all that is held: it will be added again.
func (j *Joiner) Drop() {
	clear(j.held)
	j.held = j.held[:0]
	j.sure, j.bytes, j.owned, j.state, j.partial = 0, 0, 0, none, false
}

// Settle says that no further line is at hand. A line that is held only since it might be
// followed by a trace is given out: of records that are written at once all lines are at
// hand, and others are not to wait.
func (j *Joiner) Settle() {
	if j.Loose() {
		j.Flush()
	}
}

// Loose says that one line is held, and only since it might be followed by a trace.
func (j *Joiner) Loose() bool {
	return len(j.held) == 1 && j.state == none && !j.partial && !j.patterns()
}

// Expire gives out what has waited longer than the time-out for a further line.
func (j *Joiner) Expire(now time.Time) {
	if len(j.held) > 0 && now.Sub(j.last) >= j.rules.cfg.Timeout {
		j.Flush()
	}
}

// Held tells how many lines and bytes are held, and the offset of the first.
func (j *Joiner) Held() (lines, bytes int, offset int64) {
	if len(j.held) == 0 {
		return 0, 0, 0
	}
	return len(j.held), j.bytes, j.held[0].Offset
}

// Own gives the lines that are held memory of their own, so that they do not keep that of
// the lines around them.
func (j *Joiner) Own() {
	for ; j.owned < len(j.held); j.owned++ {
		l := &j.held[j.owned]
		l.Raw = bytes.Clone(l.Raw)
	}
}
