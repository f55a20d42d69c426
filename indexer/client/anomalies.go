package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"foghorn/pipeline"
)

// Anomalies is one `foghorn anomalies`.
type Anomalies struct {
	Query AnomalyQuery
	// Follow prints events as they come, after what there is.
	Follow bool
	// Details prints everything about each anomaly instead of a table.
	Details, JSON bool
	// Pause is as in Tail.
	Pause time.Duration
}

// maxSeen bounds the anomalies whose last event a follower remembers.
const maxSeen = 50_000

// Run prints; ExitNone means that there is no anomaly.
func (a *Anomalies) Run(ctx context.Context, c *Client, out, errOut io.Writer) int {
	w := bufio.NewWriterSize(out, 64<<10)
	var err error
	if a.Query.Since, _, err = Times(a.Query.Since, "", time.Now()); err != nil {
		fmt.Fprintf(errOut, "foghorn anomalies: %v\n", err)
		return ExitError
	}
	if a.Follow {
		params := a.Query.values()
		params.Set("follow", "1")
		f := follower{client: c, path: "/api/v1/anomalies", params: params, name: "foghorn anomalies", errOut: errOut, pause: a.Pause}
		seen := map[string]int{} // a new connection begins with what there is
		return f.run(ctx, w, func(e event) error {
			if e.name != "anomaly" {
				return nil
			}
			var v pipeline.Anomaly
			if err := json.Unmarshal(e.data, &v); err != nil {
				return fmt.Errorf("read an anomaly: %w", err)
			}
			if last, ok := seen[v.ID]; ok && v.Seq <= last {
				return nil
			}
			if len(seen) == maxSeen {
				clear(seen) // a repetition after the next reconnection does no harm
			}
			seen[v.ID] = v.Seq
			switch {
			case a.JSON:
				w.Write(e.data)
				return w.WriteByte('\n')
			case a.Details:
				return details(w, &v)
			}
			_, err := fmt.Fprintf(w, "%s %-8s %-8s %s %s: %s\n", v.LastSeen.Local().Format(timeForm),
				visible(string(v.State)), visible(v.Severity), visible(v.Rule), visible(groupText(v.Group)), oneLine(v.Summary, 200))
			return err
		})
	}
	list, err := c.Anomalies(ctx, a.Query)
	if err == nil {
		err = a.print(w, list)
	}
	if err == nil {
		err = w.Flush()
	}
	switch {
	case errors.Is(err, syscall.EPIPE), errors.Is(err, io.ErrClosedPipe):
	case err != nil:
		fmt.Fprintf(errOut, "foghorn anomalies: %s\n", explain(err))
		return ExitError
	}
	if len(list) == 0 {
		return ExitNone
	}
	return ExitMatch
}

func (a *Anomalies) print(w io.Writer, list []pipeline.Anomaly) error {
	switch {
	case a.JSON:
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		for i := range list {
			if err := e.Encode(&list[i]); err != nil {
				return err
			}
		}
		return nil
	case a.Details:
		for i := range list {
			if err := details(w, &list[i]); err != nil {
				return err
			}
		}
		return nil
	case len(list) == 0:
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "STATE\tSEVERITY\tSTARTED\tLAST SEEN\tCOUNT\tRULE\tGROUP\tSUMMARY")
	for i := range list {
		v := &list[i]
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", stateText(v.State), visible(v.Severity), localTime(v.Started), localTime(v.LastSeen),
			v.Count, visible(v.Rule), oneLine(groupText(v.Group), 60), oneLine(v.Summary, 100))
	}
	return t.Flush()
}

// stateText is what people call a state: an anomaly that is open or updated fires.
func stateText(s pipeline.AnomalyState) string {
	if s == pipeline.AnomalyResolved {
		return "resolved"
	}
	return "firing"
}

func details(w io.Writer, v *pipeline.Anomaly) error {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "  %-11s %s\n", visible(name), visible(value))
		}
	}
	fmt.Fprintf(&b, "%s  %s  %s\n", strings.ToUpper(stateText(v.State)), visible(v.Severity), visible(v.Title))
	line("summary", v.Summary)
	line("rule", v.Rule+" ("+v.Kind+")")
	line("group", groupText(v.Group))
	line("started", localTime(v.Started))
	line("seen", localTime(v.FirstSeen)+" to "+localTime(v.LastSeen))
	if v.ResolvedAt != nil {
		line("resolved", localTime(*v.ResolvedAt))
	}
	if v.Threshold != "" {
		line("value", fmt.Sprintf("%g (threshold %s in %s)", v.Value, v.Threshold, v.Window))
	}
	line("count", fmt.Sprint(v.Count))
	line("hosts", strings.Join(v.Hosts, ", "))
	line("services", strings.Join(v.Services, ", "))
	line("error class", v.ErrorClass)
	names := make([]string, 0, len(v.Annotations))
	for n := range v.Annotations {
		if n != "summary" {
			names = append(names, n)
		}
	}
	sort.Strings(names)
	for _, n := range names {
		line(n, strings.TrimSpace(v.Annotations[n]))
	}
	line("lines", "foghorn search "+shellQuote(v.Query))
	for _, s := range v.Samples {
		fmt.Fprintf(&b, "    %s | %s\n", visible(s.Source), oneLine(s.Line, 400))
	}
	fmt.Fprintf(&b, "  %-11s %s, event %d\n\n", "id", visible(v.ID), v.Seq)
	_, err := io.WriteString(w, b.String())
	return err
}

func groupText(group map[string]string) string {
	names := make([]string, 0, len(group))
	for n, v := range group {
		if v != "" { // lines without the field
			names = append(names, n)
		}
	}
	sort.Strings(names)
	parts := make([]string, len(names))
	for i, n := range names {
		parts[i] = n + "=" + group[n]
	}
	return strings.Join(parts, " ")
}

func localTime(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
