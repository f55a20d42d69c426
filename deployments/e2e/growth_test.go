//go:build e2e

package e2e

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

var (
	growthFlag  = flag.String("growth", "", "numbers of lines, comma separated, to measure how cost grows with them")
	growthAlone = flag.Bool("growth-alone", true, "measure the indexer alone as well")
)

// TestGrowth prints what a million lines cost and how long questions take, in stores of
// several sizes.
func TestGrowth(t *testing.T) {
	if *growthFlag == "" {
		t.Skip("SKIPPED: a measurement; give numbers of lines by -growth")
	}
	ctx := untilTimeout(t)
	bin := program(t)
	corpora, real, err := Corpora(*sharedFlag)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	tab := tabwriter.NewWriter(&out, 2, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tab, "lines\tCPU s/M, chain\tCPU s/M, indexer\tdisk MB/M\tpeak MB, chain\tpeak MB, indexer\t")
	var answers []string
	for _, number := range strings.Split(*growthFlag, ",") {
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 {
			t.Fatalf("-growth: have %q, want numbers of lines", number)
		}
		dir := folder(t)
		end := time.Now().Truncate(time.Second)
		start := end.Add(-time.Duration(n) * peerLineStep)
		ours := startOurs(ctx, t, bin, dir)
		chain := ours.ingest(ctx, t, corpora, start, n)
		for _, q := range Questions(n, end) {
			var ms []float64
			lines := 0
			for range *peerAsks {
				took, got, err := ask(ctx, ours.url+q.Ours)
				if err != nil {
					t.Fatalf("%s: %v", q.Name, err)
				}
				ms, lines = append(ms, took), got
			}
			l := quantiles(ms)
			answers = append(answers, fmt.Sprintf("%d\t%s\t%d\t%.1f\t%.1f\t", n, q.Name, lines-1, l.p50, l.p95))
		}
		ours.kill()
		var alone ingested
		if *growthAlone {
			alone = indexAlone(ctx, t, bin, dir, corpora, start, n)
		}
		m := float64(n) / 1e6
		fmt.Fprintf(tab, "%d\t%.2f\t%.2f\t%.1f\t%.0f\t%.0f\t\n", n, chain.cpu.Seconds()/m, alone.cpu.Seconds()/m,
			mega(chain.disk)/m, mega(chain.peak), mega(alone.peak))
	}
	fmt.Fprintln(tab, "lines\tquestion\tanswers\tp50 ms\tp95 ms\t")
	for _, a := range answers {
		fmt.Fprintln(tab, a)
	}
	tab.Flush()
	t.Logf("real lines %t\n%s", real, out.String())
}
