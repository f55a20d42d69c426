package client

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"foghorn/indexer/api"
	"foghorn/pipeline/query"
)

// Find is one `foghorn search`.
type Find struct {
	Query, Since, Until string
	// Limit bounds the lines; 0 is unbounded and needs an Order.
	Limit int
	// Order is oldest or newest, and then lines are printed as they are found; when it
	// is empty the newest are shown, the oldest of them first, as journalctl -n does.
	Order        string
	JSON, Fields bool
	Color        bool
	// Terminal says that out is one: what could drive it is escaped.
	Terminal bool
	Strict   bool
	// Explain tells, behind the answer and on errOut, how it came about.
	Explain bool
}

// maxHeld bounds the lines that are held back to be turned around.
const maxHeld = 100_000

// Run searches and prints, as Grep.Run does; ExitNone is a search that found nothing.
func (f *Find) Run(ctx context.Context, c *Client, out, errOut, progressTo io.Writer) int {
	w := bufio.NewWriterSize(out, 64<<10)
	p := newProgress(progressTo, "foghorn search")
	began := time.Now()
	found, summary, err := f.search(ctx, c, w, p)
	p.stop()
	if flushErr := w.Flush(); err == nil {
		err = flushErr
	}
	warn, faulty := "", false
	if err == nil {
		summary.Coverage.Thinned = summary.Thinned
		warn, faulty = warning(summary.Coverage, summary.Missing, began)
	}
	if summary.Explain != nil {
		fmt.Fprint(errOut, summary.Explain)
	}
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		err = nil
	}
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			fmt.Fprintf(errOut, "foghorn search: %s\n", explain(err))
		}
		return ExitError
	}
	if warn != "" {
		fmt.Fprintf(errOut, "foghorn search: warning: %s\n", warn)
	}
	switch {
	case faulty && f.Strict:
		return ExitError
	case found:
		return ExitMatch
	}
	return ExitNone
}

func (f *Find) search(ctx context.Context, c *Client, w *bufio.Writer, p *progress) (found bool, summary api.Summary, err error) {
	if _, err := query.Parse(f.Query); err != nil {
		return false, summary, &QueryError{Option: "query", Text: f.Query, Err: err}
	}
	turn := f.Order == ""
	switch {
	case f.Limit < 0:
		return false, summary, errors.New("--limit: expected a number that is not below zero")
	case turn && (f.Limit == 0 || f.Limit > maxHeld):
		return false, summary, fmt.Errorf("--limit: more than %d lines need --order oldest or --order newest", maxHeld)
	}
	fields := f.Fields || f.JSON
	in := api.Search{Q: f.Query, Order: f.Order, Limit: &f.Limit, Fields: &fields, Coverage: "brief", Explain: f.Explain}
	if in.Since, in.Until, err = Times(f.Since, f.Until, time.Now()); err != nil {
		return false, summary, err
	}
	show := human{color: f.Color, fields: f.Fields, escape: f.Terminal, zone: time.Local}
	var held [][]byte
	var buf []byte
	summary, err = c.SearchAll(ctx, in, Receiver{
		Hit: func(h *Hit) error {
			found = true
			p.line()
			if f.JSON {
				buf = append(append(buf[:0], h.Raw...), '\n')
			} else {
				buf = show.append(buf[:0], h)
			}
			if turn {
				held = append(held, bytes.Clone(buf))
				return nil
			}
			_, err := w.Write(buf)
			return err
		},
		Idle: func() error {
			if w.Buffered() == 0 {
				return nil
			}
			p.clear()
			return w.Flush()
		},
	})
	p.stop()
	for i := len(held) - 1; i >= 0; i-- {
		if _, err := w.Write(held[i]); err != nil {
			return found, summary, err
		}
	}
	return found, summary, err
}
