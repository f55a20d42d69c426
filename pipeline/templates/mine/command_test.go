package mine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sample is syslog lines of a server.
const sample = `Jun 14 15:16:01 combo sshd(pam_unix)[19939]: authentication failure; uid=0 rhost=218.188.2.4
Jun 14 15:16:02 combo sshd(pam_unix)[19937]: check pass; user unknown
Jun 15 02:04:59 combo sshd(pam_unix)[20882]: authentication failure; uid=0 rhost=220.135.151.1
Jun 15 04:06:18 combo su(pam_unix)[21416]: session opened for user <cyrus> by (uid=0)
`

// messages are the messages of sample.
const messages = `authentication failure; uid=0 rhost=218.188.2.4
check pass; user unknown
authentication failure; uid=0 rhost=220.135.151.1
session opened for user <cyrus> by (uid=0)
`

const wantTemplates = `       2  41af02a346df17a1  authentication failure; uid=<*> rhost=<*>
       1  39b9d94c8f4799c4  check pass; user unknown
       1  b6ce26642338eba1  session opened for user <cyrus> by (uid=<*>)
`

func execute(stdin string, args ...string) (stdout, stderr string, err error) {
	cmd := Command()
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	var out, errOut bytes.Buffer
	cmd.SetIn(strings.NewReader(stdin))
	cmd.SetOut(&out)
	cmd.SetErr(&errOut)
	cmd.SetArgs(append([]string{"mine"}, args...))
	err = cmd.ExecuteContext(context.Background())
	return out.String(), errOut.String(), err
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMine(t *testing.T) {
	file := write(t, "syslog", sample)
	first, second, _ := strings.Cut(messages, "unknown\n")
	one, two := write(t, "one", first+"unknown\n"), write(t, "two", strings.TrimSuffix(second, "\n"))
	for _, c := range []struct {
		name   string
		stdin  string
		args   []string
		want   string
		stderr string
	}{
		{name: "the format is recognised", args: []string{file}, want: wantTemplates},
		{name: "a format by name", args: []string{"--format", "syslog", file}, want: wantTemplates},
		{name: "whole lines", stdin: messages, args: []string{"--format", "message"}, want: wantTemplates},
		{name: "standard input by name", stdin: messages, args: []string{"--format", "message", "-"}, want: wantTemplates},
		{name: "carriage returns", stdin: strings.ReplaceAll(messages, "\n", "\r\n"), args: []string{"--format", "message"}, want: wantTemplates},
		{name: "several files are one log", args: []string{"--format=message", one, two}, want: wantTemplates},
		{name: "a regular expression", args: []string{"--format", `\]: (?P<message>.*)$`, file}, want: wantTemplates},
		{
			name: "lines without the format are whole messages", stdin: "x: a 1\nb 2\n", args: []string{"--format", `^x: (?<message>.*)`},
			want:   "       1  0f7006882f8a2c8f  a <*>\n       1  fe7c8bc02be03633  b <*>\n",
			stderr: "1 of 2 lines are not of the format ^x: (?<message>.*): each is one message\n",
		},
		{name: "nothing", args: nil, want: ""},
		{
			name: "templates as JSON", stdin: messages, args: []string{"--format", "message", "--json"},
			want: `{"template_id":"41af02a346df17a1","template":"authentication failure; uid=<*> rhost=<*>","count":2}
{"template_id":"39b9d94c8f4799c4","template":"check pass; user unknown","count":1}
{"template_id":"b6ce26642338eba1","template":"session opened for user <cyrus> by (uid=<*>)","count":1}
`,
		},
		{
			name: "every line with its final template", stdin: "open mode=ro\nopen mode=rw\n", args: []string{"--format", "message", "--lines"},
			want: "4b51b64a7370106a\topen mode=<*>\topen mode=ro\n4b51b64a7370106a\topen mode=<*>\topen mode=rw\n",
		},
		{
			name: "every line as JSON", args: []string{"--lines", "--json", file},
			want: `{"n":1,"line":"Jun 14 15:16:01 combo sshd(pam_unix)[19939]: authentication failure; uid=0 rhost=218.188.2.4","template_id":"41af02a346df17a1","template":"authentication failure; uid=<*> rhost=<*>","variables":["0","218.188.2.4"]}
{"n":2,"line":"Jun 14 15:16:02 combo sshd(pam_unix)[19937]: check pass; user unknown","template_id":"39b9d94c8f4799c4","template":"check pass; user unknown","variables":[]}
{"n":3,"line":"Jun 15 02:04:59 combo sshd(pam_unix)[20882]: authentication failure; uid=0 rhost=220.135.151.1","template_id":"41af02a346df17a1","template":"authentication failure; uid=<*> rhost=<*>","variables":["0","220.135.151.1"]}
{"n":4,"line":"Jun 15 04:06:18 combo su(pam_unix)[21416]: session opened for user <cyrus> by (uid=0)","template_id":"b6ce26642338eba1","template":"session opened for user <cyrus> by (uid=<*>)","variables":["0"]}
`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			have, stderr, err := execute(c.stdin, c.args...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, have); diff != "" {
				t.Errorf("standard output (-want +have):\n%s", diff)
			}
			if diff := cmp.Diff(c.stderr, stderr); diff != "" {
				t.Errorf("standard error (-want +have):\n%s", diff)
			}
		})
	}
}

func TestMineErrors(t *testing.T) {
	folder := t.TempDir()
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"no such file", []string{folder + "/none"}, "open " + folder + "/none: no such file or directory"},
		{"a folder", []string{folder}, folder + " is a folder: expected a file"},
		{"no expression", []string{"--format", "("}, `--format "(": is the name of no format (`},
		{"no group", []string{"--format", "x(.*)"}, `expected auto, message, the name of a format (`},
		{"limit", []string{"--max-templates", "0"}, "--max-templates: max templates is 0: expected 16 to "},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, _, err := execute("", c.args...)
			if err == nil || !strings.Contains(err.Error(), c.want) || out != "" {
				t.Errorf("want error %q, have %v; output %q", c.want, err, out)
			}
		})
	}
}

// Lines of templates that had to go are told.
func TestMineTooMany(t *testing.T) {
	var in strings.Builder
	for i := range 40 {
		in.WriteString(strings.Repeat("x", i+1) + "\n")
	}
	out, stderr, err := execute(in.String(), "--format", "message", "--max-templates", "16")
	if err != nil {
		t.Fatal(err)
	}
	shown := strings.Count(out, "\n")
	want := fmt.Sprintf("%d of 40 lines are of templates that are not shown: there are more than --max-templates 16\n", 40-shown)
	if shown >= 16 || stderr != want {
		t.Errorf("%d templates; want %q, have %q", shown, want, stderr)
	}
}

// Lines over the limit are cut there; the next line is whole.
func TestLongLine(t *testing.T) {
	in := strings.Repeat("x", 3*lineLimit) + "\nnext\n" + strings.Repeat("y", lineLimit) + "\r\nlast"
	var have []int
	n, err := each(context.Background(), strings.NewReader(in), func(line []byte) error {
		have = append(have, len(line))
		return nil
	})
	if err != nil || n != int64(len(in)) {
		t.Errorf("read %d of %d bytes, error %v", n, len(in), err)
	}
	if diff := cmp.Diff([]int{lineLimit, 4, lineLimit, 4}, have); diff != "" {
		t.Errorf("lengths (-want +have):\n%s", diff)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	cmd := Command()
	cmd.SetIn(strings.NewReader(messages))
	cmd.SetArgs([]string{"mine"})
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	if err := cmd.ExecuteContext(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("want %v, have %v", context.Canceled, err)
	}
}

// With --lines a copy of standard input is kept, and removed.
func TestSpoolIsRemoved(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	if _, _, err := execute(messages, "--lines", "--format", "message"); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil || len(left) > 0 {
		t.Errorf("left in the folder for temporary files: %v, %v", left, err)
	}
}

func TestProgress(t *testing.T) {
	var out, errOut bytes.Buffer
	o := options{
		format: formatMessage, limit: 100, out: &out, errOut: &errOut, progress: time.Nanosecond,
		paths: []string{write(t, "log", strings.Repeat("took 5 ms\n", 1<<14))},
	}
	if err := run(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	word := "mine: 164 kB of 164 kB, 16,384 lines, 1 templates\n"
	if want := word + word; errOut.String() != want {
		t.Errorf("want %q, have %q", want, errOut.String())
	}
}
