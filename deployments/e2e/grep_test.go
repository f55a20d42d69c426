//go:build e2e

package e2e

import (
	"context"
	"path/filepath"
	"slices"
	"sort"
	"testing"
)

// compareGrep runs every call with grep on the originals and with foghorn grep on the
// server, and reports each that differs in a byte of output or in exit code.
func compareGrep(ctx context.Context, t *testing.T, bin, dir, server string, calls [][]string, lives map[string][]int) {
	t.Helper()
	orig, logs := filepath.Join(dir, "orig")+"/", filepath.Join(dir, "logs")+"/"
	files, err := filepath.Glob(orig + "*.log")
	if err != nil || len(files) == 0 {
		t.Fatalf("no originals: %v", err)
	}
	sort.Strings(files)
	for _, call := range calls {
		want, wantCode := output(ctx, t, "grep", append(GrepArgs(call), files...)...)
		if slices.Contains(call, "-n") {
			want = CountPerLife(want, orig, lives)
		}
		want = Rename(want, orig, logs)
		have, haveCode := output(ctx, t, bin, append([]string{"grep", "--server", server}, call...)...)
		if wantCode != haveCode {
			t.Errorf("grep %q: exit code: want %d, have %d", call, wantCode, haveCode)
		}
		if d := Diff(want, have); d != "" {
			t.Errorf("grep %q: %s", call, d)
		}
	}
	t.Logf("%d grep calls compared", len(calls))
}
