package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"foghorn/indexer/search"
)

// parse reads a grep command line as the command does.
func parse(args []string, stdin string) (*Grep, error) {
	var g GrepFlags
	f := pflag.NewFlagSet("grep", pflag.ContinueOnError)
	f.SetOutput(io.Discard)
	g.Register(f)
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if err := g.Complete(f.Args(), strings.NewReader(stdin), false); err != nil {
		return nil, err
	}
	return &g.Grep, nil
}

// run runs a grep command line against c.
func run(t testing.TB, c *Client, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	g, err := parse(args, "")
	if err != nil {
		return "", err.Error(), ExitError
	}
	var out, errOut bytes.Buffer
	code = g.Run(context.Background(), c, &out, &errOut, nil)
	return out.String(), errOut.String(), code
}

// realGrep runs the machine's grep on files in dir.
func realGrep(t testing.TB, dir string, args, files []string) (stdout string, code int) {
	t.Helper()
	if !slices.ContainsFunc(args, func(a string) bool { return len(a) > 1 && a[0] == '-' && a[1] != '-' && strings.Contains(a, "F") }) {
		args = append([]string{"-E"}, args...)
	}
	// GNU grep takes hours for some expressions with -w; it is then as good as refused.
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "grep", append(append([]string{"-a"}, args...), files...)...)
	cmd.Dir = dir
	cmd.Env = []string{"LC_ALL=C.UTF-8", "PATH=" + os.Getenv("PATH")}
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return "", ExitError
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func needGrep(t testing.TB) {
	t.Helper()
	out, err := exec.Command("grep", "--version").Output()
	if err != nil || !bytes.Contains(out, []byte("GNU grep")) {
		t.Skipf("SKIPPED: there is no GNU grep on this machine: %v", err)
	}
}

// grepCases are command lines without files.
func grepCases() (cases [][]string) {
	for _, line := range []string{
		"error", "-i error", "-v error", "-w error", "-x error", "-c error", "-o error", "-n error", "-l error", "-L error", "-q error",
		"-F error", "-F .", "-E err|ok", "-in error", "-ino error", "-vn error", "-vc error", "-wo error", "-xv error", "-xc error",
		"-h error", "-H error", "-hn error", "-Hc error", "-b error", "-ob error", "-nb error", "-Z error", "-lZ error", "-cZ error", "-LZ error",
		"-m1 error", "-m2 -n error", "-m 1 -c error", "-m1 -v error", "-m0 error", "-m0 -L error", "-m0 -c error", "-m -1 error", "-m1 -l error", "-m1 -o error",
		"-A1 error", "-B1 error", "-C1 error", "-C 2 -n error", "-1 error", "-12 error", "-A0 error", "-B0 -n error", "-C0 -c error", "-A1 -B2 error", "-A 1 -C 2 error", "-C2 -A0 error",
		"-m1 -A2 error", "-m1 -C1 -n error", "-m2 -v -C1 error", "-v -A1 error", "-o -A1 error", "-o -v error", "-o -v -A1 error", "-c -A1 error", "-l -A1 error", "-inC2 error",
		"-e error -e ok", "-e error -e ok -o", "-e ok -v", "--regexp=retry --count", "-e -v", "-- -x",
		"-cv error", "-lv error", "-Lv error", "-lc error", "-cL error", "-lL error", "-Ll error", "-ql error", "-qv error", "-qc error", "-q nowhere",
		"-Hh error", "-hH error", "-FE err|ok", "-EF err|ok",
		"nowhere", "-c nowhere", "-L nowhere", "-l nowhere", "-v nowhere", "-o nowhere", "-n ^", "-c $", "-o ^", "-n ^$", "-c .", "-o .", "-vc .", "-x -n ", "-o b*", "-no [a-z]+",
		"-i ERROR|Ok", "time(d )?out", "-o time(d )?out", "-o tim|timeout", "-w out|timed", "-wo ti.*out", "error.{2}error", "^(a|e)", "[[:digit:]]+$", "(end|one)$",
		"--color=always error", "--color=always -n error", "--color=always -v error", "--color=always -vn -A1 error", "--color=always -nC1 error", "--color=always -o error", "--color=always -ob error",
		"--color=always -c error", "--color=always -l error", "--color=always -Zn error", "--color=always -m1 -A3 error", "--color=always -io e", "--color=always b*", "--color=never error", "--color error",
		"-C0 --group-separator=## error", "-C0 --group-separator= -n error", "-C1 --no-group-separator error", "-A0 --no-group-separator --group-separator=@ --color=always error", "-A0 --color=always --group-separator=## error",
		"-i --no-ignore-case ERROR", "--no-ignore-case -i ERROR", "-R error", "-U error", "--binary-files=text error",
		"-nHZ error", "-honb error", "--line-number --context=1 error", "--after-context 1 error", "--files-with-matches error", "--silent error", "-s error", "-y ERROR", "-r error", "-a error", "--line-buffered error",
	} {
		cases = append(cases, strings.Split(line, " "))
	}
	return append(cases, []string{""}, []string{"-c", ""}, []string{"-v", ""}, []string{"-o", ""}, []string{"-vc", ""}, []string{"-vcw", ""}, []string{"-vcx", ""}, []string{"-vL", ""}, []string{"-vl", ""}, []string{"-vc", "-e", "", "-e", "x"}, []string{"-vc", "-e", "", "-e", ""}, []string{"-vC1", "error", "-e", ""}, []string{"-w", ""}, []string{"-x", ""}, []string{"error\nok"}, []string{"-no", "error\nok"}, []string{"--color=always", "-e", "error\nok", "-e", "retry"}, []string{"-vc", "\n"}, []string{"-F", "-n", "error\nok"},
		[]string{"-F", "-o", "\xff\xfe"}, []string{"ä"}, []string{"-io", "Ä"}, []string{"-o", "€"}, []string{"-e", "error", "-n", "-e", "ok", "-c"})
}

// foghorn grep returns byte for byte the lines that grep returns on the original files.
func TestGrepPrintsByteForByteWhatGrepPrints(t *testing.T) {
	needGrep(t)
	for _, tc := range []struct {
		files   []string
		every   int   // n-th command line
		budgets []int // hits in one answer; 0 is no bound
	}{
		{nil, 1, []int{0, 3}},
		{[]string{"app.log"}, 1, []int{0}},
		{[]string{"bytes.log"}, 3, []int{1}},
		{[]string{"noend.log"}, 5, []int{0}},
		{[]string{"empty.log", "single.log"}, 4, []int{0}},
	} {
		dir, m, names := writeCorpus(t, tc.files...)
		c := serve(t, m)
		for i, args := range grepCases() {
			if i%tc.every != 0 {
				continue
			}
			want, wantCode := realGrep(t, dir, args, names)
			for _, budget := range tc.budgets {
				t.Run(fmt.Sprintf("%s, budget %d: %q", strings.Join(names, " "), budget, args), func(t *testing.T) {
					m.budget = budget
					have, stderr, code := run(t, c, args...)
					if have != want || code != wantCode {
						t.Errorf("exit code: have %d, want %d; stderr %s\noutput (-grep +foghorn)\n%s", code, wantCode, stderr,
							cmp.Diff(strings.SplitAfter(want, "\n"), strings.SplitAfter(have, "\n")))
					}
				})
			}
		}
	}
}

func TestPatternsFromFiles(t *testing.T) {
	needGrep(t)
	dir, m, names := writeCorpus(t)
	c := serve(t, m)
	for name, text := range map[string]string{"none": "", "two": "error\nok\n", "noend": "retry\nok", "empty line": "error\n\n"} {
		file := filepath.Join(dir, "patterns")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, flag := range []string{"-n", "-vc", "-Fc", "-wL", "-xc", "-wvc", "-l", "-o"} {
			want, wantCode := realGrep(t, dir, []string{flag, "-f", file}, names)
			have, stderr, code := run(t, c, flag, "-f", file)
			if have != want || code != wantCode {
				t.Errorf("%s, %s: exit code %d, want %d; %s\n%s", name, flag, code, wantCode, stderr, cmp.Diff(want, have))
			}
		}
	}
	g, err := parse([]string{"-f", "-"}, "a\nb\n")
	if err != nil || !cmp.Equal(g.Patterns, []string{"a", "b"}) {
		t.Errorf("from standard input: %v, %v", g, err)
	}
	if _, _, code := run(t, c, "-f", filepath.Join(dir, "absent"), "x"); code != ExitError {
		t.Errorf("no file: exit code %d", code)
	}
}

func TestNamesOfSources(t *testing.T) {
	m := &memory{coverage: search.Coverage{Complete: true}}
	m.add("web-1", "/var/log/app.log", 1, []byte("error a\n"))
	m.add("web-2", "/var/log/app.log", 2, []byte("error b\n"))
	m.add("web-2", "/var/log/db.log", 3, []byte("error c\nfine\n"))
	c := serve(t, m)
	for _, tc := range []struct {
		args, want, stderr string
		code               int
	}{
		{"error", "web-1:/var/log/app.log:error a\nweb-2:/var/log/app.log:error b\nweb-2:/var/log/db.log:error c\n", "", 0},
		{"-A1 fine", "web-2:/var/log/db.log:fine\n", "", 0},
		{"error --host web-2", "/var/log/app.log:error b\n/var/log/db.log:error c\n", "", 0},
		{"error --host web-1", "error a\n", "", 0},
		{"error /var/log/db.log", "error c\n", "", 0},
		{"error db.log", "error c\n", "", 0},
		{"error --path /var/*/db.log", "error c\n", "", 0},
		{"error */DB.log", "", "*/DB.log: no such log", 2},
		{"error /var/log/app.log", "web-1:/var/log/app.log:error a\nweb-2:/var/log/app.log:error b\n", "", 0},
		{"-h error", "error a\nerror b\nerror c\n", "", 0},
		{"-H error db.log", "/var/log/db.log:error c\n", "", 0},
		{"-c error --host web-2", "/var/log/app.log:1\n/var/log/db.log:1\n", "", 0},
		{"-c fine", "web-1:/var/log/app.log:0\nweb-2:/var/log/app.log:0\nweb-2:/var/log/db.log:1\n", "", 0},
		{"-L fine app.log", "web-1:/var/log/app.log\nweb-2:/var/log/app.log\n", "", 1},
		{"error --host web-1 db.log", "", "db.log: no such log", 2},
		{"error absent.log db.log", "error c\n", "absent.log: no such log", 2},
		{"-s error absent.log db.log", "error c\n", "", 2},
		{"-q error absent.log db.log", "", "absent.log: no such log", 0},
		{"-qs error absent.log", "", "", 2},
		{"error --host web-?", "web-1:/var/log/app.log:error a\nweb-2:/var/log/app.log:error b\nweb-2:/var/log/db.log:error c\n", "", 0},
		{"error --where path:/var/log/db.log", "web-2:/var/log/db.log:error c\n", "", 0},
		{"error --where error --host web-1", "error a\n", "", 0},
		{"error --since 2026-11-22T08:00:02Z", "web-2:/var/log/db.log:error c\n", "", 0},
		{"error --until 1795334401", "web-1:/var/log/app.log:error a\n", "", 0},
	} {
		t.Run(tc.args, func(t *testing.T) {
			have, stderr, code := run(t, c, strings.Fields(tc.args)...)
			if have != tc.want || code != tc.code || !strings.Contains(stderr, tc.stderr) || (tc.stderr == "") != (stderr == "") {
				t.Errorf("exit code %d, want %d\nhave %swant %sstderr %q, want %q", code, tc.code, have, tc.want, stderr, tc.stderr)
			}
		})
	}
}

func TestRotationKeepsTheOrderAndStartsTheNumbersAnew(t *testing.T) {
	m := &memory{coverage: search.Coverage{Complete: true}}
	m.add("h", "/a.log", 7, []byte("one\ntwo error\n"))
	m.add("h", "/a.log", 8, []byte("error three\nfour\n"))
	c := serve(t, m)
	for args, want := range map[string]string{
		"-n error":     "2:two error\n1:error three\n",
		"-nC1 error":   "1-one\n2:two error\n1:error three\n2-four\n",
		"-A0 -n error": "2:two error\n1:error three\n",
		"-A0 -n o":     "1:one\n2:two error\n1:error three\n2:four\n",
	} {
		if have, _, _ := run(t, c, strings.Fields(args)...); have != want {
			t.Errorf("%s: have %q, want %q", args, have, want)
		}
	}
}

func TestRefusedOptionsSayWhatToUse(t *testing.T) {
	for args, want := range map[string]string{
		"-G x":               "-F",
		"-P x":               "-E",
		"-iP x":              "-E",
		"--perl-regexp x":    "-E",
		"-z x":               "line feed",
		"-I x":               "as text",
		"-T x":               "not aligned",
		"-V":                 "foghorn --version",
		"-d skip x":          "--path",
		"-D skip x":          "--path",
		"--include=*.log x":  "--path",
		"--exclude=*.log x":  "--where",
		"--exclude-dir=a x":  "--where",
		"--label=a x":        "standard input",
		"--binary-files=a x": "as text",
		"-A x y":             "number of lines",
		"-A -1 y":            "below zero",
		"-m x y":             "number of lines",
		"-A":                 "argument",
		"--nonsense x":       "nonsense",
		"":                   "PATTERN",
		"--color=maybe x":    "always",
		"-C 1x y":            "number of lines",
		"--since soon x":     "--since",
		"--until soon x":     "--until",
		"--where (a x":       "--where",
		"--where status:> x": "^",
		"(x":                 "",
	} {
		_, stderr, code := run(t, serve(t, &memory{}), strings.Fields(args)...)
		if code != ExitError || stderr == "" || !strings.Contains(stderr, want) {
			t.Errorf("%q: exit code %d, %q, want 2 and %q", args, code, stderr, want)
		}
	}
}

func TestLargeNumbersAreNoBound(t *testing.T) {
	g, err := parse([]string{"-A", "99999999999999999999", "-m", "99999999999999999999", "-99999999999", "x"}, "")
	if err != nil || g.After != maxNumber || g.Before != maxNumber || g.MaxCount != maxNumber {
		t.Errorf("have %+v, %v", g, err)
	}
}

func TestIncompleteAnswersAreToldOnce(t *testing.T) {
	_, m, _ := writeCorpus(t, "single.log")
	late := time.Now().Add(-time.Minute)
	for _, tc := range []struct {
		name     string
		coverage search.Coverage
		want     []string
	}{
		{"complete", search.Coverage{Complete: true, IndexedUntil: time.Now()}, nil},
		{"a moment behind", search.Coverage{LagRecords: 3, IndexedUntil: time.Now()}, nil},
		{"lagging", search.Coverage{LagRecords: 1234, IndexedUntil: late}, []string{"1234 records", late.Local().Format(time.RFC3339)}},
		{"lagging from the start", search.Coverage{LagRecords: 5}, []string{"5 records"}},
		{"gap", search.Coverage{Gaps: []search.Gap{{Source: "h:/a", From: 10, To: 20}, {}}}, []string{"h:/a", "10 to 20", "1 more"}},
		{"damaged", search.Coverage{Damaged: []search.Damage{{File: "0007.seg", Reason: "bad checksum", Lines: 99}}}, []string{"99 lines", "0007.seg", "bad checksum"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			sources := m.coverage.Sources
			m := &memory{rows: m.rows, coverage: tc.coverage}
			m.coverage.Sources = sources
			c := serve(t, m)
			out, stderr, code := run(t, c, "--strict=false", "error")
			if out != "error\n" || code != 0 {
				t.Errorf("--strict=false: have %q, exit code %d", out, code)
			}
			lines := 0
			if tc.want != nil {
				lines = 1
			}
			if strings.Count(stderr, "\n") != lines {
				t.Errorf("stderr: want %d lines, have %q", lines, stderr)
			}
			for _, want := range tc.want {
				if !strings.Contains(stderr, want) {
					t.Errorf("stderr: have %q, want %q in it", stderr, want)
				}
			}
			wantStrict := 0
			if tc.want != nil {
				wantStrict = 2
			}
			for _, args := range [][]string{{"error"}, {"-s", "error"}, {"-c", "error"}, {"-l", "error"}} {
				if _, stderr, code := run(t, c, args...); code != wantStrict || (stderr != "") != (tc.want != nil && args[0] != "-s") {
					t.Errorf("%q: exit code %d, want %d; stderr %q", args, code, wantStrict, stderr)
				}
			}
			if _, _, code := run(t, c, "-q", "error"); code != 0 {
				t.Errorf("-q with a selected line: exit code %d, want 0, as grep has it", code)
			}
		})
	}
}

func TestGapsInOtherLogsAreNoMatter(t *testing.T) {
	m := &memory{coverage: search.Coverage{Complete: true}}
	m.add("h", "/a.log", 1, []byte("error\n"))
	m.add("h", "/b.log", 2, []byte("error\n"))
	c := serve(t, m)
	for _, tc := range []struct {
		gap  string // its source
		args []string
		code int
	}{
		{"h:/a.log", []string{"error", "b.log"}, 0},
		{"h:/b.log", []string{"error", "b.log"}, 2},
		{"h:/a.log", []string{"error"}, 2},
		{"logs.events/3", []string{"error", "b.log"}, 2},
		{"h:/c.log", []string{"error", "b.log"}, 2}, // of which the index knows no more
	} {
		m.coverage.Gaps = []search.Gap{{Source: tc.gap, From: 1, To: 2}}
		if _, stderr, code := run(t, c, tc.args...); code != tc.code || (stderr != "") != (code != 0) {
			t.Errorf("%q with a gap in %s: exit code %d, want %d; %s", tc.args, tc.gap, code, tc.code, stderr)
		}
	}
}

func TestJSONGivesTheHits(t *testing.T) {
	_, m, _ := writeCorpus(t, "noend.log")
	out, _, code := run(t, serve(t, m), "--json", "-A1", "error")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 0 || len(lines) != 2 || !strings.Contains(lines[0], `"line":"two error"`) || !strings.Contains(lines[1], `"context":true`) {
		t.Errorf("exit code %d: %s", code, out)
	}
}

// brokenPipe is the output of a reader that has had enough, as head.
type brokenPipe struct{ left int }

func (b *brokenPipe) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}
	}
	return len(p), nil
}

// A reader of the output that goes away ends it quietly.
func TestABrokenPipeEndsItQuietly(t *testing.T) {
	m := &memory{coverage: search.Coverage{Complete: true}}
	m.add("h", "/a.log", 1, bytes.Repeat([]byte("some line that is repeated\n"), 20_000))
	c := serve(t, m)
	g, err := parse([]string{"line"}, "")
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	if code := g.Run(context.Background(), c, &brokenPipe{100_000}, &stderr, nil); code != ExitMatch || stderr.Len() > 0 {
		t.Errorf("exit code %d, %s", code, &stderr)
	}
	full := writerFunc(func([]byte) (int, error) { return 0, syscall.ENOSPC })
	if code := g.Run(context.Background(), c, full, &stderr, nil); code != ExitError || !strings.Contains(stderr.String(), "no space left") {
		t.Errorf("full disk: exit code %d, %s", code, &stderr)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
