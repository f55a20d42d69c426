package mine

import (
	"fmt"
	"io"
	"time"

	"github.com/dustin/go-humanize"

	"foghorn/pipeline/templates"
)

// progressEvery is how long a person at the terminal waits for a word.
const progressEvery = 2 * time.Second

// progress tells a person how far the first pass is.
type progress struct {
	out   io.Writer
	every time.Duration
	next  time.Time
	bytes uint64
	total uint64 // 0: not known
	lines int64
	said  bool
}

func newProgress(o *options, sources []*source) *progress {
	w := &progress{out: o.errOut, every: o.progress, next: time.Now().Add(o.progress)}
	for _, s := range sources {
		w.total += uint64(s.size)
	}
	return w
}

// line counts a line of n bytes; the clock is read now and then.
func (w *progress) line(n int, m *templates.Miner) error {
	w.lines++
	w.bytes += uint64(n)
	if w.every == 0 || w.lines%(1<<14) != 0 {
		return nil
	}
	now := time.Now()
	if now.Before(w.next) {
		return nil
	}
	w.next = now.Add(w.every)
	return w.say(m)
}

func (w *progress) say(m *templates.Miner) error {
	w.said = true
	of := ""
	if w.total > 0 {
		of = " of " + humanize.Bytes(w.total)
	}
	_, err := fmt.Fprintf(w.out, "mine: %s%s, %s lines, %d templates\n", humanize.Bytes(w.bytes), of, humanize.Comma(w.lines), m.Len())
	return err
}

// end says the last word, where there was a first.
func (w *progress) end(m *templates.Miner) error {
	if !w.said {
		return nil
	}
	return w.say(m)
}
