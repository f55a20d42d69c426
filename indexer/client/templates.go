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
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"foghorn/indexer/api/when"
	"foghorn/pipeline/catalog"
)

// Templates is one `foghorn templates`.
type Templates struct {
	Service      string
	Since, Until string
	New, Muted   bool
	// Diff is T1..T2 or T1..T2,T3..T4.
	Diff  string
	Limit int
	JSON  bool
}

// Run prints; ExitNone means that there is no template.
func (t *Templates) Run(ctx context.Context, c *Client, out, errOut io.Writer) int {
	w := bufio.NewWriterSize(out, 64<<10)
	n, err := t.run(ctx, c, w)
	if err == nil {
		err = w.Flush()
	}
	switch {
	case errors.Is(err, syscall.EPIPE), errors.Is(err, io.ErrClosedPipe):
	case err != nil:
		fmt.Fprintf(errOut, "foghorn templates: %s\n", explain(err))
		return ExitError
	}
	if n == 0 {
		return ExitNone
	}
	return ExitMatch
}

func (t *Templates) run(ctx context.Context, c *Client, w io.Writer) (n int, err error) {
	now := time.Now()
	params := url.Values{"limit": {strconv.Itoa(t.Limit)}}
	set := func(name, value string) {
		if value != "" {
			params.Set(name, value)
		}
	}
	since, until, err := Times(t.Since, t.Until, now)
	if err != nil {
		return 0, err
	}
	diff, err := absolute(t.Diff, now)
	if err != nil {
		return 0, fmt.Errorf("--diff: %w", err)
	}
	set("service", t.Service)
	set("since", since)
	set("until", until)
	set("diff", diff)
	for name, on := range map[string]bool{"new": t.New, "muted": t.Muted} {
		if on {
			params.Set(name, "1")
		}
	}
	if diff != "" {
		d, err := c.TemplateDiff(ctx, params)
		if err != nil {
			return 0, err
		}
		return len(d.Changes), t.printDiff(w, d)
	}
	list, err := c.Templates(ctx, params)
	if err != nil {
		return 0, err
	}
	return len(list.Rows), t.print(w, list)
}

// absolute replaces the times of a --diff by absolute ones, as this machine's clock and
// zone have them.
func absolute(diff string, now time.Time) (string, error) {
	if diff == "" {
		return "", nil
	}
	pairs := strings.Split(diff, ",")
	for i, pair := range pairs {
		from, to, ok := strings.Cut(pair, "..")
		if !ok {
			return "", fmt.Errorf("expected T1..T2, or T1..T2,T3..T4, found %q", diff)
		}
		var texts [2]string
		for k, text := range []string{from, to} {
			at, err := when.Parse(text, now)
			if err != nil {
				return "", err
			}
			if at.IsZero() {
				at = now
			}
			texts[k] = at.UTC().Format(time.RFC3339Nano)
		}
		pairs[i] = texts[0] + ".." + texts[1]
	}
	return strings.Join(pairs, ","), nil
}

// Templates asks for a list of templates; params are those of /api/v1/templates.
func (c *Client) Templates(ctx context.Context, params url.Values) (list catalog.List, err error) {
	return list, c.get(ctx, "/api/v1/templates", params, &list)
}

// TemplateDiff asks for what changed; params are those of /api/v1/templates with diff.
func (c *Client) TemplateDiff(ctx context.Context, params url.Values) (d catalog.Diff, err error) {
	return d, c.get(ctx, "/api/v1/templates", params, &d)
}

// Decide decides about a template and returns it as it is then.
func (c *Client) Decide(ctx context.Context, d catalog.Decision) (row catalog.Row, err error) {
	text, err := json.Marshal(d)
	if err != nil {
		return row, fmt.Errorf("encode the decision: %w", err)
	}
	body, err := c.do(ctx, http.MethodPost, "/api/v1/templates", nil, text, "application/json")
	if err != nil {
		return row, err
	}
	defer body.Close()
	if err := json.NewDecoder(body).Decode(&row); err != nil {
		return row, fmt.Errorf("read the answer: %w", err)
	}
	return row, nil
}

func (t *Templates) print(w io.Writer, list catalog.List) error {
	if t.JSON {
		return printJSON(w, list.Rows)
	}
	if len(list.Rows) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "COUNT\tFIRST SEEN\tLAST SEEN\tID\tTEMPLATE")
	for i := range list.Rows {
		r := &list.Rows[i]
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\n", r.Count, localTime(r.FirstSeen), localTime(r.LastSeen), visible(r.ID), templateText(r))
	}
	return table.Flush()
}

func (t *Templates) printDiff(w io.Writer, d catalog.Diff) error {
	if t.JSON {
		return printJSON(w, d.Changes)
	}
	fmt.Fprintf(w, "before: %s to %s\nafter:  %s to %s\n", localTime(d.Before.From), localTime(d.Before.To), localTime(d.After.From), localTime(d.After.To))
	if len(d.Changes) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "CHANGE\tBEFORE\tAFTER\tID\tTEMPLATE")
	for i := range d.Changes {
		c := &d.Changes[i]
		fmt.Fprintf(table, "%s\t%d\t%d\t%s\t%s\n", visible(c.Kind), c.Before, c.Count, visible(c.ID), templateText(&c.Row))
	}
	return table.Flush()
}

func templateText(r *catalog.Row) string {
	text := oneLine(r.Text, 200)
	if r.Name != "" {
		text = oneLine(r.Name, 80) + ": " + text
	}
	if r.Muted {
		text += " (muted)"
	}
	return text
}

func printJSON[T any](w io.Writer, list []T) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for i := range list {
		if err := e.Encode(&list[i]); err != nil {
			return err
		}
	}
	return nil
}
