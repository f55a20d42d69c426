package journal

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"foghorn/shipper/spool"
)

const (
	// maxEntry bounds an entry as JSON; a message whose bytes are no text takes four bytes each.
	maxEntry = 32 << 20
	// batchBytes bounds what is appended at once.
	batchBytes = 256 << 10
	// stopGrace is how long a stop waits for the spool, and for journalctl to end.
	stopGrace = 2 * time.Second
	// backOff is how long it is waited before journalctl is started again, doubled each time
	// up to maxBackOff while it ends without having said anything.
	backOff    = 500 * time.Millisecond
	maxBackOff = 30 * time.Second
	// steady is how long journalctl has to stay to be taken for one that works.
	steady = 2 * time.Second
)

// Reader reads the journal.
type Reader struct {
	cfg     Config
	q       *spool.Queue
	log     zerolog.Logger
	metrics *metrics

	mu      sync.Mutex
	fault   error     // why nothing is read
	started time.Time // when the journalctl that runs was started, zero for none
}

// New returns a Reader; Run starts it. reg may be nil.
func New(cfg Config, q *spool.Queue, log zerolog.Logger, reg prometheus.Registerer) (*Reader, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	r := &Reader{cfg: cfg, q: q, log: log.With().Str("component", "journal").Logger(), metrics: newMetrics()}
	if reg != nil {
		if err := r.metrics.register(reg); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Ready returns nil, or why nothing is read: journalctl is not there or does not stay.
func (r *Reader) Ready() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault != nil && (r.started.IsZero() || time.Since(r.started) < steady) {
		return fmt.Errorf("journal: %w", r.fault)
	}
	return nil
}

// Run reads until ctx ends, from behind the last entry in the spool. It starts journalctl again
// when that ends, and waits for it when it is not there.
func (r *Reader) Run(ctx context.Context) error {
	for delay := backOff; ctx.Err() == nil; {
		entries, err := r.follow(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if entries > 0 {
			delay = backOff
		}
		r.mu.Lock()
		r.started, r.fault = time.Time{}, err
		r.mu.Unlock()
		r.metrics.restarts.Inc()
		r.log.Warn().Err(err).Stringer("delay", delay).Msg("journalctl ended, starting it again")
		timer := time.NewTimer(delay)
		select {
		case <-ctx.Done():
			timer.Stop()
		case <-timer.C:
		}
		delay = min(2*delay, maxBackOff)
	}
	return nil
}

// follow runs journalctl once, and returns how many entries it gave and why it ended.
func (r *Reader) follow(ctx context.Context) (entries int, err error) {
	from := r.q.Mark(r.cfg.name())
	cmd := exec.CommandContext(ctx, r.cfg.Command, r.cfg.args(from)...)
	cmd.Env = append(cmd.Environ(), "LC_ALL=C")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopGrace
	said := &tailWriter{}
	cmd.Stderr = said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	r.mu.Lock()
	r.started = time.Now()
	r.mu.Unlock()
	entries, err = r.read(ctx, out, from)
	if err != nil {
		// It is not read any more: whatever it wants to write, it ends.
		cmd.Process.Kill()
	}
	werr := cmd.Wait()
	if text := said.String(); text != "" {
		werr = errors.Join(werr, errors.New(text))
	}
	if err = errors.Join(err, werr); err == nil {
		err = errors.New("it ended by itself")
	}
	return entries, err
}

// read takes entries from journalctl until it ends. The one of the cursor from is in the spool.
func (r *Reader) read(ctx context.Context, out io.Reader, from string) (entries int, err error) {
	// What was read is appended after ctx has ended too, for a moment.
	keep, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(stopGrace, cancel) })()
	in := bufio.NewReaderSize(out, batchBytes)
	src := &sources{cfg: &r.cfg, known: map[string]string{}}
	batch := &spool.Batch{Name: r.cfg.name()}
	var (
		d     decoder
		arena []byte
		long  []byte
	)
	for {
		line, rerr := readLine(in, &long)
		switch {
		case rerr == nil:
			e, derr := d.decode(line)
			if derr != nil {
				r.metrics.bad.Inc()
				r.log.Error().Err(derr).Int("bytes", len(line)).Msg("journal entry cannot be read and is left out")
				break
			}
			if e.cursor == from {
				break
			}
			start := len(arena)
			arena = e.raw(arena)
			l := src.line(&e, arena[start:len(arena):len(arena)])
			batch.Add(l)
			batch.Mark = e.cursor
			entries++
			r.metrics.took(len(l.Raw), l.Truncated)
		case errors.Is(rerr, errTooLong):
			r.metrics.bad.Inc()
			r.log.Error().Err(rerr).Msg("journal entry cannot be read and is left out")
			rerr = nil
		}
		if len(batch.Lines) > 0 && (rerr != nil || len(arena) >= batchBytes || !lineBuffered(in)) {
			if _, err := r.q.AppendWait(keep, batch); err != nil {
				return entries, fmt.Errorf("append: %w", err)
			}
			r.mu.Lock()
			r.fault = nil
			r.mu.Unlock()
			clear(batch.Lines)
			batch.Lines, arena = batch.Lines[:0], arena[:0]
		}
		if errors.Is(rerr, io.EOF) || ctx.Err() != nil && rerr != nil {
			return entries, nil
		}
		if rerr != nil {
			return entries, fmt.Errorf("read journalctl's output: %w", rerr)
		}
	}
}

var errTooLong = fmt.Errorf("it is larger than %d bytes as JSON", maxEntry)

// readLine returns the next line without its line feed. One that was cut off by the end of the
// stream is none: it is read again behind the cursor.
func readLine(in *bufio.Reader, long *[]byte) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if err == nil {
		return line[:len(line)-1], nil
	}
	*long = (*long)[:0]
	cut := false
	for errors.Is(err, bufio.ErrBufferFull) {
		if cut = cut || len(*long)+len(line) > maxEntry; !cut {
			*long = append(*long, line...)
		}
		line, err = in.ReadSlice('\n')
	}
	switch {
	case err != nil:
		return nil, err
	case cut:
		return nil, errTooLong
	}
	*long = append(*long, line...)
	return (*long)[:len(*long)-1], nil
}

// lineBuffered says whether a whole line can be read without waiting.
func lineBuffered(in *bufio.Reader) bool {
	b, _ := in.Peek(in.Buffered()) // no error: it is there
	return bytes.IndexByte(b, '\n') >= 0
}

// tailWriter keeps the end of what journalctl says on its standard error.
type tailWriter struct{ b []byte }

const keepSaid = 1024

// Write implements io.Writer.
func (w *tailWriter) Write(b []byte) (int, error) {
	w.b = append(w.b, b...)
	if n := len(w.b) - keepSaid; n > 0 {
		w.b = append(w.b[:0], w.b[n:]...)
	}
	return len(b), nil
}

// String returns it on one line.
func (w *tailWriter) String() string {
	return strings.Join(strings.FieldsFunc(string(w.b), func(r rune) bool { return r == '\n' }), "; ")
}
