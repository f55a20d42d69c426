package stdin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/shipper/spool"
)

// Config says what the lines are.
type Config struct {
	// Name is the source's name: its path is /stdin/<name>.
	Name string `yaml:"name"`
	// Host is the host of the source. Default: the system's host name.
	Host string `yaml:"host"`
	// LineLimit is the longest line in bytes; of a longer one the beginning is kept.
	// Default 1 MiB.
	LineLimit int `yaml:"line_limit"`
	// Labels go with every line; service is Name unless it is set here.
	Labels map[string]string `yaml:"labels"`
	// Format and Zone go with every line, see pipeline.Line.
	Format string `yaml:"format"`
	Zone   string `yaml:"zone"`
	// Redact, if set, is given each line and returns what is stored of it.
	Redact func(raw []byte) []byte `yaml:"-"`
}

// DefaultConfig returns the defaults for a name.
func DefaultConfig(name string) Config {
	host, _ := os.Hostname() // empty when unknown: Validate then asks for it
	return Config{Name: name, Host: host, LineLimit: 1 << 20}
}

// Validate reports everything that is wrong, at once.
func (c *Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Name == "" || strings.ContainsAny(c.Name, "\n\x00") {
		bad("name: want a name of one line, have %q", c.Name)
	}
	if c.Host == "" || strings.ContainsAny(c.Host, ":\n") {
		bad("host: want a name without colon or line feed, have %q", c.Host)
	}
	if c.LineLimit < 1 {
		bad("line_limit: want at least 1, have %d", c.LineLimit)
	}
	if c.Zone != "" {
		if _, err := time.LoadLocation(c.Zone); err != nil {
			bad("zone: %w", err)
		}
	}
	return errors.Join(errs...)
}

// readBytes is how much is read at once; its lines are one batch.
const readBytes = 64 << 10

// Source ships the lines of one reader.
type Source struct {
	cfg               Config
	in                io.Reader
	q                 *spool.Queue
	log               zerolog.Logger
	line              pipeline.Line // what all lines have
	lines, bytes, cut prometheus.Counter
}

// New returns a Source that reads in; Run starts it. reg may be nil.
func New(cfg Config, in io.Reader, q *spool.Queue, log zerolog.Logger, reg prometheus.Registerer) (*Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("stdin: %w", err)
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "foghorn", Subsystem: "stdin", Name: name, Help: help})
	}
	s := &Source{
		cfg: cfg, in: in, q: q, log: log.With().Str("component", "stdin").Logger(),
		lines: counter("lines_total", "Lines read."),
		bytes: counter("bytes_total", "Bytes of lines read."),
		cut:   counter("truncated_lines_total", "Lines cut at the limit."),
	}
	s.line = pipeline.Line{ID: pipeline.LineID{Source: pipeline.SourceID(cfg.Host, "/stdin/"+cfg.Name)}, Format: cfg.Format, Zone: cfg.Zone}
	if _, ok := cfg.Labels["service"]; !ok {
		s.line.Labels = append(s.line.Labels, pipeline.Attr{Key: "service", Value: cfg.Name})
	}
	for k, v := range cfg.Labels {
		s.line.Labels = append(s.line.Labels, pipeline.Attr{Key: k, Value: v})
	}
	sort.Slice(s.line.Labels, func(i, j int) bool { return s.line.Labels[i].Key < s.line.Labels[j].Key })
	if reg != nil {
		for _, c := range []prometheus.Collector{s.lines, s.bytes, s.cut} {
			if err := reg.Register(c); err != nil {
				return nil, fmt.Errorf("register metrics: %w", err)
			}
		}
	}
	return s, nil
}

// chunk is what one read gave.
type chunk struct {
	b   []byte
	err error
}

// Run reads to the end of the input and then waits until the broker has acknowledged all of
// it; the spool's own Run has to be running. When ctx ends first, what was read is stored, to
// be sent after the next start, and ctx's error is returned. A read that ctx cannot interrupt
// (of a terminal, or of a pipe that the system gave for blocking reads) ends with the process.
func (s *Source) Run(ctx context.Context) error {
	chunks, stop := make(chan chunk), make(chan struct{})
	defer close(stop)
	go s.read(chunks, stop)
	var partial []byte // of a line whose end has not come
	skipping := false  // the rest of a line longer than the limit
	for {
		var c chunk
		select {
		case <-ctx.Done():
			c.err = ctx.Err()
		case c = <-chunks:
		}
		batch := &spool.Batch{}
		for rest := c.b; len(rest) > 0; {
			text, after, ended := bytes.Cut(rest, []byte{'\n'})
			rest = after
			if !skipping {
				if len(partial) > 0 || !ended {
					partial = append(partial, text...)
					text = partial
				}
				if skipping = len(text) > s.cfg.LineLimit; ended || skipping {
					s.add(batch, text)
					partial = nil // the batch has it
				}
			}
			if ended {
				skipping = false
			}
		}
		if c.err != nil && len(partial) > 0 {
			s.add(batch, partial)
		}
		if err := s.store(ctx, batch); err != nil {
			return fmt.Errorf("stdin: %w", err)
		}
		switch {
		case c.err == nil:
		case errors.Is(c.err, io.EOF):
			return s.q.Drain(ctx)
		default:
			return fmt.Errorf("stdin: %w", c.err)
		}
	}
}

// add takes a line, of which the beginning is kept when it is too long.
func (s *Source) add(b *spool.Batch, raw []byte) {
	l := s.line
	l.Raw, l.Observed = raw, time.Now()
	if len(raw) > s.cfg.LineLimit {
		l.Raw, l.Truncated = raw[:s.cfg.LineLimit], true
		s.cut.Inc()
	}
	s.lines.Inc()
	s.bytes.Add(float64(len(l.Raw)))
	if s.cfg.Redact != nil {
		l.Raw = s.cfg.Redact(l.Raw)
	}
	b.Add(l)
}

// stopGrace is how long a stop waits for the spool.
const stopGrace = 2 * time.Second

// store appends a batch, waiting for room; after ctx has ended for a moment only.
func (s *Source) store(ctx context.Context, b *spool.Batch) error {
	if len(b.Lines) == 0 {
		return nil
	}
	keep, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(stopGrace, cancel) })()
	_, err := s.q.AppendWait(keep, b)
	return err
}

// read reads until the end of the input, an error or stop. Its buffers alternate: one is filled
// while the lines of the other are stored.
func (s *Source) read(to chan<- chunk, stop <-chan struct{}) {
	bufs := [2][]byte{make([]byte, readBytes), make([]byte, readBytes)}
	for i := 0; ; i = 1 - i {
		n, err := s.in.Read(bufs[i])
		select {
		case to <- chunk{bufs[i][:n], err}:
		case <-stop:
			return
		}
		if err != nil {
			return
		}
	}
}
