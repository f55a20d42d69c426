package client

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"foghorn/pipeline/ops"
)

// runCommand runs a command line and returns what it printed and its exit code.
func runCommand(args ...string) (stdout, stderr string, code int) {
	var out, errOut bytes.Buffer
	root := &cobra.Command{Use: "foghorn", SilenceUsage: true, SilenceErrors: true}
	root.AddCommand(Commands()...)
	root.AddCommand(TemplatesCommand())
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&errOut)
	var exit ops.ExitCode
	switch err := root.Execute(); {
	case errors.As(err, &exit):
		code = int(exit)
	case err != nil:
		errOut.WriteString(err.Error())
		code = int(ops.ExitError)
	}
	return out.String(), errOut.String(), code
}

func TestClientCommandLines(t *testing.T) {
	t.Setenv("FOGHORN_SERVER", "127.0.0.1:1") // where nothing listens
	for _, tc := range []struct {
		args []string
		code int
		want string // on standard error
	}{
		{[]string{"grep", "-hinC2", "x"}, ExitError, "http://127.0.0.1:1 "},
		{[]string{"grep", "x", "-A2", "--", "-path"}, ExitError, "foghorn up"},
		{[]string{"grep", "x", "--server", "127.0.0.1:2"}, ExitError, "http://127.0.0.1:2 "},
		{[]string{"grep", "-m0", "x"}, ExitNone, ""},
		{[]string{"grep", "-G", "x"}, ExitError, "grep: -G: basic expressions are not supported"},
		{[]string{"grep", "-P", "x"}, ExitError, "grep: -P: Perl expressions are not supported"},
		{[]string{"grep", "-A", "x", "y"}, ExitError, "grep: -A: expected a number"},
		{[]string{"grep", "--count=3", "x"}, ExitError, `grep: -c: expected true or false, found "3"`},
		{[]string{"search", "--limit", "x", "y"}, ExitError, `search: -n: expected a whole number, found "x"`},
		{[]string{"grep"}, ExitError, "expected a PATTERN"},
		{[]string{"grep", "--nonsense"}, ExitError, "see foghorn grep --help"},
		{[]string{"grep", "x", "--server", "ftp://x"}, ExitError, "bad server address"},
		{[]string{"search", "status:>="}, ExitError, "column 10"},
		{[]string{"search", "x", "--color", "maybe"}, ExitError, "auto, always or never"},
		{[]string{"search", "x"}, ExitError, "foghorn up"},
		{[]string{"tail"}, ExitError, "foghorn up"},
		{[]string{"anomalies", "--firing"}, ExitError, "foghorn up"},
		{[]string{"anomalies", "x"}, ExitError, "unknown command"},
		{[]string{"context", "h:/a", "1", "0", "-C3"}, ExitError, "foghorn up"},
		{[]string{"context", "h:/a"}, ExitError, "accepts 3 arg(s)"},
	} {
		t.Run(strings.Join(tc.args, " "), func(t *testing.T) {
			out, stderr, code := runCommand(tc.args...)
			if code != tc.code || !strings.Contains(stderr, tc.want) || out != "" || tc.want == "" && stderr != "" {
				t.Errorf("exit code %d, want %d; stderr %q, want %q; stdout %q", code, tc.code, stderr, tc.want, out)
			}
		})
	}
}

func TestClientCommandsHaveHelpWithExamples(t *testing.T) {
	for _, cmd := range append(Commands(), TemplatesCommand()) {
		out, stderr, code := runCommand(cmd.Name(), "--help")
		if code != 0 || stderr != "" {
			t.Errorf("%s --help: exit code %d, %s", cmd.Name(), code, stderr)
		}
		for _, want := range []string{"Examples:", "  foghorn " + cmd.Name(), "--server", "FOGHORN_SERVER", DefaultServer} {
			if !strings.Contains(out, want) {
				t.Errorf("%s --help has no %q", cmd.Name(), want)
			}
		}
	}
}
