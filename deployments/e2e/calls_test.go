package e2e

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestGrepUnderstandsTheCalls: no call is a fault, and but for one each finds something.
func TestGrepUnderstandsTheCalls(t *testing.T) {
	if _, err := exec.LookPath("grep"); err != nil {
		t.Skip("SKIPPED: no grep here")
	}
	corpora, real, err := Corpora(sharedData)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	w, err := NewWriter(Plan{Dir: dir, Corpora: corpora, Lines: 60_000, Steps: 10, Rotations: 1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		if more, err = w.Step(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "orig", "*.log"))
	if err != nil {
		t.Fatal(err)
	}
	nothing := 0
	for _, call := range GrepCalls(corpora, w.Quota(), 1) {
		_, code := output(t.Context(), t, "grep", append(GrepArgs(call), files...)...)
		if code > 1 {
			t.Errorf("grep %q: exit code %d", call, code)
		}
		if code == 1 {
			nothing++
			t.Logf("grep %q finds nothing", call)
		}
	}
	if real && nothing > 8 {
		t.Errorf("%d calls find nothing", nothing)
	}
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
