package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"foghorn/indexer/client"
)

// runCommand runs a command line and returns what it printed and its exit code.
func runCommand(args ...string) (stdout, stderr string, code int) {
	var out, errOut bytes.Buffer
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&errOut)
	var exit exitCode
	switch err := root.Execute(); {
	case errors.As(err, &exit):
		code = int(exit)
	case err != nil:
		errOut.WriteString(err.Error())
		code = exitError
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
		{[]string{"grep", "-hinC2", "x"}, client.ExitError, "http://127.0.0.1:1 "},
		{[]string{"grep", "x", "-A2", "--", "-path"}, client.ExitError, "foghorn up"},
		{[]string{"grep", "x", "--server", "127.0.0.1:2"}, client.ExitError, "http://127.0.0.1:2 "},
		{[]string{"grep", "-m0", "x"}, client.ExitNone, ""},
		{[]string{"grep", "-G", "x"}, client.ExitError, "grep: -G: basic expressions are not supported"},
		{[]string{"grep", "-P", "x"}, client.ExitError, "grep: -P: Perl expressions are not supported"},
		{[]string{"grep", "-A", "x", "y"}, client.ExitError, "grep: -A: expected a number"},
		{[]string{"grep"}, client.ExitError, "expected a PATTERN"},
		{[]string{"grep", "--nonsense"}, client.ExitError, "see foghorn grep --help"},
		{[]string{"grep", "x", "--server", "ftp://x"}, client.ExitError, "bad server address"},
		{[]string{"search", "status:>="}, client.ExitError, "column 10"},
		{[]string{"search", "x", "--color", "maybe"}, client.ExitError, "auto, always or never"},
		{[]string{"search", "x"}, client.ExitError, "foghorn up"},
		{[]string{"tail"}, client.ExitError, "foghorn up"},
		{[]string{"anomalies", "--firing"}, client.ExitError, "foghorn up"},
		{[]string{"anomalies", "x"}, client.ExitError, "unknown command"},
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
	for _, cmd := range clientCommands() {
		out, stderr, code := runCommand(cmd.Name(), "--help")
		if code != 0 || stderr != "" {
			t.Errorf("%s --help: exit code %d, %s", cmd.Name(), code, stderr)
		}
		for _, want := range []string{"Examples:", "  foghorn " + cmd.Name(), "--server", "FOGHORN_SERVER", client.DefaultServer} {
			if !strings.Contains(out, want) {
				t.Errorf("%s --help has no %q", cmd.Name(), want)
			}
		}
	}
}
