package client

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// progressAfter is how long a search runs before it shows that it does.
const progressAfter = 2 * time.Second

// progress shows on a terminal that a search goes on. The zero Writer shows nothing.
type progress struct {
	w    io.Writer
	name string
	done chan struct{}
	gone chan struct{}

	mu      sync.Mutex
	lines   int64
	shown   bool
	stopped bool
}

func newProgress(w io.Writer, name string) *progress {
	p := &progress{w: w, name: name, done: make(chan struct{}), gone: make(chan struct{})}
	if w == nil {
		close(p.gone)
		return p
	}
	go p.run(time.Now())
	return p
}

func (p *progress) run(start time.Time) {
	defer close(p.gone)
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-p.done:
			return
		case now := <-tick.C:
			if now.Sub(start) < progressAfter {
				continue
			}
			p.mu.Lock()
			fmt.Fprintf(p.w, "\r\x1b[K%s: searching for %d s, %d results", p.name, int(now.Sub(start).Seconds()), p.lines)
			p.shown = true
			p.mu.Unlock()
		}
	}
}

// line counts a result.
func (p *progress) line() {
	if p.w == nil {
		return
	}
	p.mu.Lock()
	p.lines++
	p.mu.Unlock()
}

// clear takes the text off the terminal, so that other text can stand there.
func (p *progress) clear() {
	if p.w == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		io.WriteString(p.w, "\r\x1b[K")
		p.shown = false
	}
}

// stop ends it; it may be called twice.
func (p *progress) stop() {
	p.mu.Lock()
	stopped := p.stopped
	p.stopped = true
	p.mu.Unlock()
	if !stopped {
		close(p.done)
	}
	<-p.gone
	p.clear()
}
