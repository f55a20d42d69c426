package mine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"foghorn/pipeline/templates"
)

// options of one run.
type options struct {
	paths       []string
	format      string
	lines, json bool
	limit       int
	in          io.Reader
	out, errOut io.Writer
	progress    time.Duration // between words on progress; 0: none
}

// run mines the input and prints.
func run(ctx context.Context, o options) (err error) {
	cfg := templates.DefaultConfig()
	cfg.MaxTemplates = o.limit
	if err := cfg.Validate(); err != nil {
		return fmt.Errorf("--max-templates: %w", err)
	}
	extract, err := newExtractor(o.format)
	if err != nil {
		return err
	}
	sources, err := openSources(&o, o.lines)
	if err != nil {
		return err
	}
	defer closeSources(sources)

	m := templates.New(cfg)
	if err := learn(ctx, m, extract, sources, &o); err != nil {
		return err
	}
	out := bufio.NewWriterSize(o.out, 64<<10)
	p := &printer{out: out, json: o.json}
	if o.lines {
		if extract, err = newExtractor(o.format); err == nil {
			err = show(ctx, m, extract, sources, p)
		}
	} else {
		for _, t := range m.Templates() {
			if err = p.template(t); err != nil {
				break
			}
		}
	}
	return errors.Join(err, out.Flush())
}

// learn is the first pass.
func learn(ctx context.Context, m *templates.Miner, extract extractor, sources []*source, o *options) error {
	var scratch templates.Scratch
	var misfits int64
	w := newProgress(o, sources)
	for _, s := range sources {
		var in io.Reader = s.file
		if s.file == nil {
			in = o.in
		}
		n, err := each(ctx, in, func(line []byte) error {
			message, fits := extract(line)
			if !fits {
				misfits++
			}
			m.Add(message, &scratch)
			return w.line(len(line)+1, m)
		})
		if err != nil {
			return fmt.Errorf("read %s: %w", s.name, err)
		}
		s.size = n
	}
	if err := w.end(m); err != nil {
		return err
	}
	if gone := w.lines - counted(m); gone > 0 && !o.lines {
		if _, err := fmt.Fprintf(o.errOut, "%d of %d lines are of templates that are not shown: there are more than --max-templates %d\n", gone, w.lines, o.limit); err != nil {
			return err
		}
	}
	if misfits > 0 {
		if _, err := fmt.Fprintf(o.errOut, "%d of %d lines are not of the format %s: each is one message\n", misfits, w.lines, o.format); err != nil {
			return err
		}
	}
	return nil
}

// counted is how many lines the templates stand for that the miner has kept.
func counted(m *templates.Miner) (n int64) {
	for _, t := range m.Templates() {
		n += t.Count
	}
	return n
}

// show is the second pass: it prints every line that the first has read.
func show(ctx context.Context, m *templates.Miner, extract extractor, sources []*source, p *printer) error {
	var scratch templates.Scratch
	var spans []templates.Span
	var n int64
	for _, s := range sources {
		if _, err := s.file.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("read %s again: %w", s.name, err)
		}
		_, err := each(ctx, io.LimitReader(s.file, s.size), func(line []byte) error {
			n++
			message, _ := extract(line)
			ref, ok := m.Match(message, &scratch)
			if !ok { // its template was rare and had to go
				ref = m.Add(message, &scratch)
			}
			t, _ := m.Template(ref)
			spans = m.Variables(ref, &scratch, spans[:0])
			return p.line(n, line, message, t, spans)
		})
		if err != nil {
			return fmt.Errorf("read %s again: %w", s.name, err)
		}
	}
	return nil
}
