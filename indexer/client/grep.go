package client

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"syscall"
	"time"
	"unicode/utf8"

	"foghorn/indexer/api"
	"foghorn/indexer/api/when"
	"foghorn/pipeline/query"
)

// Exit codes, as grep has them.
const (
	ExitMatch = 0
	ExitNone  = 1
	ExitError = 2
)

// Listing is which names of sources are printed instead of lines (-l, -L).
type Listing uint8

// Lines are printed, or the names of the sources with a match, or without.
const (
	ListNone Listing = iota
	ListMatching
	ListNonMatching
)

// Grep is one grep command line. Its options mean what they mean for GNU grep 3.8 with -E
// and -a, where the files are the sources that the server knows.
type Grep struct {
	// Patterns are lines, without line feeds.
	Patterns                          []string
	Fixed, IgnoreCase, Invert         bool // -F -i -v
	Word, Line                        bool // -w -x
	Count, OnlyMatching               bool // -c -o
	Listing                           Listing
	Quiet, NoMessages                 bool // -q -s
	LineNumber, ByteOffset, NullAfter bool // -n -b -Z
	Color, JSON                       bool
	// WithName is -H (true) and -h (false); nil shows names when there is more than one
	// source to search.
	WithName *bool
	// MaxCount is -m; below zero is unbounded.
	MaxCount int
	// Before and After are the lines of context; below zero means not asked for, which
	// differs from 0 in that no groups are separated.
	Before, After int
	// Separator stands between groups of lines with context; nil is nothing, not even a line.
	Separator *string
	// Since, Until are points in time as package when reads them, Where is a query.
	Since, Until, Where string
	// Hosts and Paths choose the sources, by globs; none chooses all.
	Hosts, Paths []string
	// Strict makes an answer that may lack lines an error.
	Strict bool
	// Explain tells, behind the answer and on errOut, how it came about.
	Explain bool
}

// Run searches and prints: results to out, messages to errOut, progress to progress
// unless it is nil. It returns the exit code: ExitMatch when a line was selected,
// ExitNone when none was, ExitError when something failed (with Quiet: unless a line was
// selected before). A reader of out that goes away ends it quietly.
func (g *Grep) Run(ctx context.Context, c *Client, out, errOut, progress io.Writer) int {
	run := &grepRun{Grep: g, client: c, out: bufio.NewWriterSize(out, 64<<10), errOut: errOut, progress: newProgress(progress, "foghorn grep")}
	err := run.run(ctx)
	run.progress.stop()
	if flushErr := run.out.Flush(); err == nil {
		err = flushErr
	}
	switch {
	case errors.Is(err, syscall.EPIPE), errors.Is(err, io.ErrClosedPipe):
		return run.code()
	case err != nil && errors.Is(err, context.Canceled):
		return ExitError
	case err != nil:
		fmt.Fprintf(errOut, "foghorn grep: %s\n", explain(err))
		run.failed = true
	}
	return run.code()
}

// errEnough ends a search whose rest cannot change the answer.
var errEnough = errors.New("enough")

// grepRun is the state of one run.
type grepRun struct {
	*Grep
	client   *Client
	out      *bufio.Writer
	errOut   io.Writer
	progress *progress

	chosen   *selection
	print    printer
	selected bool // a line was selected
	failed   bool
	cut      bool // a line was longer than what is kept
}

func (r *grepRun) code() int {
	switch {
	case r.failed && !(r.Quiet && r.selected):
		return ExitError
	case r.selected:
		return ExitMatch
	}
	return ExitNone
}

func (r *grepRun) run(ctx context.Context) error {
	in, err := r.request()
	if err != nil {
		return err
	}
	finder, err := r.finder()
	if err != nil {
		return err
	}
	if r.selectsNothing() && r.Listing != ListNonMatching {
		return nil // as grep, which then reads and counts nothing
	}
	coverage, err := r.client.Coverage(ctx)
	if err != nil {
		return err
	}
	if r.chosen, err = choose(coverage.Sources, r.Hosts, r.Paths); err != nil {
		return err
	}
	for _, p := range r.chosen.absent {
		r.failed = true
		if !r.NoMessages {
			fmt.Fprintf(r.errOut, "foghorn grep: %s: no such log is known to the server\n", p)
		}
	}
	if r.chosen.where != nil {
		if len(r.chosen.names) == 0 {
			return nil
		}
		in.Where = conjunction(in.Where, r.chosen.where)
	}
	r.print = printer{Grep: r.Grep, out: r.out, chosen: r.chosen, finder: finder}
	r.print.name = len(r.chosen.names) > 1
	if r.WithName != nil {
		r.print.name = *r.WithName
	}
	began := time.Now()
	summary, err := r.client.SearchAll(ctx, in, Receiver{Hit: r.hit, Idle: r.idle})
	if errors.Is(err, errEnough) {
		return nil
	}
	if err != nil {
		return err
	}
	r.progress.stop()
	if summary.Explain != nil {
		if err := r.out.Flush(); err != nil {
			return err
		}
		fmt.Fprint(r.errOut, summary.Explain)
	}
	coverage = r.chosen.coverage(summary.Coverage)
	coverage.Thinned = summary.Thinned
	if text, faulty := warning(coverage, summary.Missing, began); text != "" {
		r.failed = r.failed || faulty && r.Strict
		if !r.NoMessages {
			fmt.Fprintf(r.errOut, "foghorn grep: warning: %s\n", text)
		}
	}
	return nil
}

// selectsNothing says that the command line alone tells that no line is selected.
func (r *grepRun) selectsNothing() bool {
	empty := !slices.ContainsFunc(r.Patterns, func(p string) bool { return p != "" })
	switch {
	case r.MaxCount == 0:
		return true
	case len(r.Patterns) == 0:
		return !r.Invert
	}
	return empty && r.Invert && !r.Line && !r.Word
}

// request makes the search. Times are read here, in this machine's zone.
func (r *grepRun) request() (api.Search, error) {
	no, unbounded := false, 0
	patterns := &api.Grep{Fixed: r.Fixed, IgnoreCase: r.IgnoreCase, Word: r.Word, Line: r.Line, Invert: r.Invert}
	for _, p := range r.Patterns {
		if utf8.ValidString(p) {
			patterns.Patterns = append(patterns.Patterns, p)
		} else {
			patterns.Bytes = append(patterns.Bytes, []byte(p))
		}
	}
	in := api.Search{
		Grep: patterns, Order: "file", Limit: &unbounded, Fields: &no, Coverage: "brief", Where: r.Where,
		Explain: r.Explain,
	}
	if r.Where != "" {
		if _, err := query.Parse(r.Where); err != nil {
			return in, &QueryError{Option: "--where", Text: r.Where, Err: err}
		}
	}
	var err error
	if in.Since, in.Until, err = Times(r.Since, r.Until, time.Now()); err != nil {
		return in, err
	}
	in.PerSource = max(r.MaxCount, 0)
	switch {
	case r.Quiet:
		one := 1
		in.Limit, in.PerSource = &one, 0
	case r.Listing == ListMatching:
		in.Mode = "sources"
		in.PerSource = 0
	case r.Listing == ListNonMatching:
		in.Mode = "counts"
		in.PerSource = 1
	case r.Count:
		in.Mode = "counts"
	default:
		in.Before, in.After = max(r.Before, 0), max(r.After, 0)
	}
	return in, nil
}

// Times reads two bounds as package when does and returns them as RFC 3339, so that they
// mean the same on the server whatever its zone.
func Times(since, until string, now time.Time) (string, string, error) {
	var out [2]string
	for i, text := range []string{since, until} {
		t, err := when.Parse(text, now)
		if err != nil {
			return "", "", fmt.Errorf("%s: %w", []string{"--since", "--until"}[i], err)
		}
		if !t.IsZero() {
			out[i] = t.UTC().Format(time.RFC3339Nano)
		}
	}
	return out[0], out[1], nil
}

// hit handles one result of the search.
func (r *grepRun) hit(h *Hit) error {
	if r.Quiet {
		r.selected = true
		if r.Explain {
			return nil // the summary comes next: one line is all that was asked for
		}
		return errEnough
	}
	if h.Truncated && !r.cut {
		r.cut = true
		r.failed = r.failed || r.Strict
		if !r.NoMessages {
			r.progress.clear()
			fmt.Fprintf(r.errOut, "foghorn grep: warning: %s: a line was longer than what is kept; its end was not searched\n", visible(h.Source))
		}
	}
	switch {
	case r.Listing != ListNone, r.Count:
		if !r.chosen.has(h) {
			return nil
		}
		if r.MaxCount >= 0 {
			h.Count = min(h.Count, int64(r.MaxCount))
		}
		r.selected = r.selected || h.Count > 0 || r.Listing == ListMatching
		if r.Listing == ListNonMatching && h.Count > 0 {
			return nil
		}
	case !h.Context:
		r.selected = true
	}
	r.progress.line()
	if r.JSON {
		r.out.Write(h.Raw)
		return r.out.WriteByte('\n')
	}
	return r.print.hit(h)
}

// idle sends what is printed before waiting for more.
func (r *grepRun) idle() error {
	if r.out.Buffered() == 0 {
		return nil
	}
	r.progress.clear()
	return r.out.Flush()
}
