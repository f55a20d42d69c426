package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"syscall"
	"time"

	"foghorn/indexer/api"
	"foghorn/pipeline/query"
)

// Tail is one `foghorn tail`.
type Tail struct {
	Query        string
	JSON, Fields bool
	Color        bool
	Terminal     bool
	// Pause is the time before the first attempt to connect again; it doubles up to
	// 30 s. Default 500 ms.
	Pause time.Duration
}

// longestPause is between attempts to connect again, longestSilence how long a stream
// that sends heartbeats may say nothing.
const (
	longestPause   = 30 * time.Second
	longestSilence = 45 * time.Second
)

// Run prints live lines until ctx ends or the reader of out goes away, which are
// ExitMatch. When the server goes away it says so, connects again, and says from when on
// lines may be missing. A server that is away at the start, or refuses, is ExitError.
func (t *Tail) Run(ctx context.Context, c *Client, out, errOut io.Writer) int {
	show := human{color: t.Color, fields: t.Fields, escape: t.Terminal, zone: time.Local}
	w := bufio.NewWriterSize(out, 64<<10)
	var dec decoder
	var buf []byte
	if _, err := query.Parse(t.Query); err != nil {
		fmt.Fprintf(errOut, "foghorn tail: %s\n", explain(&QueryError{Option: "query", Text: t.Query, Err: err}))
		return ExitError
	}
	params := url.Values{"q": {t.Query}}
	if !t.JSON && !t.Fields {
		params.Set("fields", "0")
	}
	f := follower{client: c, path: "/api/v1/tail", params: params, name: "foghorn tail", errOut: errOut, pause: t.Pause}
	return f.run(ctx, w, func(e event) error {
		if e.name != "line" {
			return nil
		}
		h, err := dec.decode(e.data)
		if err != nil {
			return err
		}
		if t.JSON {
			buf = append(append(buf[:0], h.Raw...), '\n')
		} else {
			buf = show.append(buf[:0], h)
		}
		_, err = w.Write(buf)
		return err
	})
}

// follower reads a stream of server-sent events and connects again when it breaks.
type follower struct {
	client *Client
	path   string
	params url.Values
	name   string
	errOut io.Writer
	pause  time.Duration
}

// errOutput marks an error of the output, which ends a follower; those of the connection
// do not.
type errOutput struct{ error }

func (e errOutput) Unwrap() error { return e.error }

func (f *follower) run(ctx context.Context, w *bufio.Writer, handle func(event) error) int {
	first := max(f.pause, time.Millisecond)
	if f.pause == 0 {
		first = 500 * time.Millisecond
	}
	pause, connected := first, false
	var lost time.Time
	for {
		err := f.follow(ctx, w, handle, func() {
			if !lost.IsZero() {
				fmt.Fprintf(f.errOut, "%s: connected again; what came since %s was not shown: see foghorn search --since %s\n",
					f.name, lost.Format("15:04:05"), lost.Add(-time.Second).UTC().Format(time.RFC3339))
			}
			connected, lost, pause = true, time.Time{}, first
		})
		var output errOutput
		var refused *api.Problem
		flushErr := w.Flush()
		switch {
		case ctx.Err() != nil:
			return ExitMatch
		case errors.As(err, &output) || flushErr != nil:
			if err = errors.Join(err, flushErr); !errors.Is(err, syscall.EPIPE) && !errors.Is(err, io.ErrClosedPipe) {
				fmt.Fprintf(f.errOut, "%s: %v\n", f.name, err)
				return ExitError
			}
			return ExitMatch
		case !connected, errors.As(err, &refused) && refused.Status < 500 && refused.Status != http.StatusTooManyRequests:
			fmt.Fprintf(f.errOut, "%s: %s\n", f.name, explain(err))
			return ExitError
		case lost.IsZero():
			lost = time.Now()
			fmt.Fprintf(f.errOut, "%s: the connection was lost (%v); connecting again\n", f.name, err)
		}
		select {
		case <-ctx.Done():
			return ExitMatch
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
}

// follow reads one connection until it breaks, and returns why.
func (f *follower) follow(ctx context.Context, w *bufio.Writer, handle func(event) error, connected func()) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	body, err := f.client.do(ctx, http.MethodGet, f.path, f.params, nil, "text/event-stream")
	if err != nil {
		return err
	}
	defer body.Close()
	connected()
	// A connection that died without a word is found by the missing heartbeats.
	silence := time.AfterFunc(longestSilence, func() { cancel(fmt.Errorf("nothing was heard for %v", longestSilence)) })
	defer silence.Stop()
	events := newEventReader(body)
	events.lines.idle = func() error {
		silence.Reset(longestSilence)
		if err := w.Flush(); err != nil {
			return errOutput{err}
		}
		return nil
	}
	for {
		e, err := events.next()
		switch {
		case err != nil && ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return errors.New("the server closed it")
		case err != nil:
			return err
		}
		switch e.name {
		case "stop":
			return errors.New("the server stopped")
		case "dropped":
			var d struct {
				Dropped int64 `json:"dropped"`
			}
			if err := json.Unmarshal(e.data, &d); err == nil {
				fmt.Fprintf(f.errOut, "%s: too slow: %d missed so far on this connection\n", f.name, d.Dropped)
			}
		}
		if err := handle(e); err != nil {
			return errOutput{err}
		}
	}
}
