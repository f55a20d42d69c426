//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
)

// compareGrep runs every call with grep on the originals and with foghorn grep on the
// server, and reports each that differs in a byte of output or in exit code.
func compareGrep(ctx context.Context, t *testing.T, bin, dir, server string, calls [][]string) {
	t.Helper()
	orig, logs := filepath.Join(dir, "orig")+"/", filepath.Join(dir, "logs")+"/"
	files, err := filepath.Glob(orig + "*.log")
	if err != nil || len(files) == 0 {
		t.Fatalf("no originals: %v", err)
	}
	sort.Strings(files)
	for _, call := range calls {
		args := append([]string{"-a"}, call...)
		if !slices.Contains(call, "-F") {
			args = append([]string{"-E"}, args...)
		}
		want, wantCode := output(ctx, t, "grep", append(args, files...)...)
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

// output runs a command and returns what it wrote and its exit code.
func output(ctx context.Context, t *testing.T, name string, args ...string) ([]byte, int) {
	t.Helper()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "GREP_COLORS=", "TERM=dumb")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s %q: %v", name, args, err)
	}
	if said := strings.TrimSpace(errs.String()); said != "" {
		t.Errorf("%s %q said: %s", filepath.Base(name), args, said)
	}
	return out.Bytes(), cmd.ProcessState.ExitCode()
}
