package control

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"

	"foghorn/shipper"
)

// WriteStatus writes what Status tells to w: as a table for people, or as JSON.
func WriteStatus(ctx context.Context, w io.Writer, dataDir string, asJSON bool) error {
	st, err := Status(ctx, dataDir)
	if err != nil {
		return err
	}
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(&st)
	}
	return Table(w, &st)
}

// Table writes a Status for people.
func Table(w io.Writer, st *shipper.Status) error {
	if !st.Running {
		fmt.Fprintln(w, "No shipper runs: this is what its checkpoint and the files it knew say. Newer files are not listed.")
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "FILE\tNOW AT\tGENERATION\tSIZE\tREAD\tACKED\tLAG\tBEHIND\tERROR")
	for i := range st.File {
		f := &st.File[i]
		seen := f.Seen
		if seen == f.Path {
			seen = "-"
		}
		total := size(f.Size)
		if f.Compressed && f.LagBytes > 0 {
			total = "~" + total
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", printable(f.Path), printable(seen), strconv.FormatUint(f.Generation, 16),
			total, size(f.Read), size(f.Acked), size(f.LagBytes), behind(f.LagSeconds), f.Error)
	}
	fmt.Fprintf(t, "%d files\t\t\t%s\t%s\t%s\t%s\t%s\t\n", st.Files, size(st.Bytes), size(st.Read), size(st.Acked), size(st.LagBytes), behind(st.LagSeconds))
	return t.Flush()
}

func size(n int64) string { return humanize.Bytes(uint64(max(0, n))) }

func behind(seconds float64) string {
	if seconds == 0 {
		return "-"
	}
	return time.Duration(seconds * float64(time.Second)).Round(100 * time.Millisecond).String()
}

// printable keeps a name with control characters from acting on the terminal.
func printable(name string) string {
	if q := strconv.Quote(name); q[1:len(q)-1] != name {
		return q
	}
	return name
}
