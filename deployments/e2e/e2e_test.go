package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const sharedData = "../../../shared/data"

func TestCorporaAreTwentyWithOneWrittenOnce(t *testing.T) {
	for _, tc := range []struct{ name, dir string }{{"real", sharedData}, {"shop", filepath.Join(t.TempDir(), "absent")}} {
		t.Run(tc.name, func(t *testing.T) {
			corpora, real, err := Corpora(tc.dir)
			if err != nil {
				t.Fatal(err)
			}
			if tc.name == "real" && !real {
				t.Skip("SKIPPED: no folder", sharedData)
			}
			once := 0
			for i := range corpora {
				c := &corpora[i]
				if i > 0 && corpora[i-1].Name >= c.Name {
					t.Errorf("%s comes before %s", corpora[i-1].Name, c.Name)
				}
				if c.Once {
					once++
				}
				if len(c.Lines) < 30 {
					t.Errorf("%s has %d lines", c.Name, len(c.Lines))
				}
			}
			if len(corpora) != 20 || once != 1 {
				t.Errorf("%d corpora, %d of them written once", len(corpora), once)
			}
		})
	}
}

// TestOriginalsHoldWhatTheRotatedFilesHold writes without a pause and puts the rotated
// files together again.
func TestOriginalsHoldWhatTheRotatedFilesHold(t *testing.T) {
	corpora := []Corpus{
		{Name: "a", Lines: [][]byte{[]byte("one"), []byte("two\r"), {}}},
		{Name: "b", Lines: [][]byte{[]byte("three")}},
		{Name: SSHD, Lines: bytes.Split([]byte(strings.Repeat("x\n", 500)), []byte("\n")), Once: true},
	}
	for seed := range uint64(5) {
		dir := t.TempDir()
		w, err := NewWriter(Plan{Dir: dir, Corpora: corpora, Lines: 20_000, Steps: 300, Rotations: 5, Seed: seed})
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
		total := 0
		for i := range corpora {
			c := &corpora[i]
			orig := read(t, filepath.Join(dir, "orig", c.Name+".log"))
			path := filepath.Join(dir, "logs", c.Name+".log")
			var have []byte
			for n := 5; n > 0; n-- {
				part := read(t, fmt.Sprintf("%s.%d", path, n))
				if len(part) > 0 && part[len(part)-1] != '\n' {
					t.Errorf("%s.%d ends within a line", path, n)
				}
				have = append(have, part...)
			}
			have = append(have, read(t, path)...)
			if d := Diff(orig, have); d != "" {
				t.Errorf("%s, seed %d: %s", c.Name, seed, d)
			}
			var want []byte
			for n := range w.Quota()[c.Name+".log"] {
				want = append(append(want, c.Line(n)...), '\n')
			}
			if d := Diff(want, orig); d != "" {
				t.Errorf("original of %s, seed %d: %s", c.Name, seed, d)
			}
			total += bytes.Count(orig, []byte{'\n'})
		}
		if total != w.Total() {
			t.Errorf("lines: Total says %d, written %d", w.Total(), total)
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestLineNumbersComeBeforeACarriageReturn(t *testing.T) {
	c := Corpus{Lines: [][]byte{[]byte("a\r"), []byte("b")}}
	var have []string
	for i := range 4 {
		have = append(have, string(c.Line(i)))
	}
	if d := cmp.Diff([]string{"a seq=0\r", "b seq=1", "a seq=2\r", "b seq=3"}, have); d != "" {
		t.Error(d)
	}
}

func TestDiffNamesTheFirstDifference(t *testing.T) {
	for _, tc := range []struct{ name, want, have, says string }{
		{"same", "a\nb\n", "a\nb\n", ""},
		{"a line is missing", "a\nb\nc\n", "a\nc\n", "first difference at line 2 (want 3 lines, 6 bytes; have 2 lines, 4 bytes)"},
		{"a line twice", "a\nb\n", "a\na\nb\n", "0 lines of want are missing, 1 lines of have are extra"},
		{"the last line feed", "a\n", "a", "first difference at line 1"},
		{"nothing", "a\n", "", "want 1 lines, 2 bytes; have 0 lines"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			have := Diff([]byte(tc.want), []byte(tc.have))
			if (tc.says == "") != (have == "") || !strings.Contains(have, tc.says) {
				t.Errorf("want %q, have %q", tc.says, have)
			}
		})
	}
}

func TestRenameTouchesOnlyWhereLinesBegin(t *testing.T) {
	have := Rename([]byte("/o/a:x /o/a\n--\n/o/b-y"), "/o/", "/logs/")
	if want := "/logs/a:x /o/a\n--\n/logs/b-y"; string(have) != want {
		t.Errorf("want %q, have %q", want, have)
	}
}

func TestCountPerLife(t *testing.T) {
	lives := map[string][]int{"a.log": {10, 10, 20}}
	for have, want := range map[string]string{
		"/o/a.log:10:x\n--\n/o/a.log-11-y\n": "/o/a.log:10:x\n--\n/o/a.log-1-y\n",
		"/o/a.log:20:12:x\n/o/a.log:21:":     "/o/a.log:10:12:x\n/o/a.log:1:",
		"/o/b.log:99:x":                      "/o/b.log:99:x",
		"11:x":                               "11:x",
	} {
		if have := string(CountPerLife([]byte(have), "/o/", lives)); have != want {
			t.Errorf("want %q, have %q", want, have)
		}
	}
}

func TestBruteForce(t *testing.T) {
	line := func(clock, address string) []byte {
		return []byte("Dec 10 " + clock + " h sshd[1]: Failed password for root from " + address + " port 1 ssh2\r")
	}
	var log [][]byte
	for i := range 12 { // three within ten seconds from the third on, the last at :33
		log = append(log, line(fmt.Sprintf("07:00:%02d", 3*i), "10.0.0.1"))
	}
	log = append(log, line("07:05:00", "10.0.0.1"), line("07:05:05", "10.0.0.1"),
		line("07:05:10", "10.0.0.1"), // a window of ten seconds no longer holds 07:05:00
		line("09:00:00", "10.0.0.2"), line("09:00:00", "10.0.0.2"), line("09:00:09", "10.0.0.2"))
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	have, err := BruteForce(log, regexp.MustCompile(`Failed password for \S+ from (\S+) port`), 3, 10*time.Second, 20*time.Second, now)
	if err != nil {
		t.Fatal(err)
	}
	at := func(clock string) time.Time {
		v, err := time.Parse("2006-01-02 15:04:05", "2025-12-10 "+clock)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	want := []Episode{
		{"10.0.0.1", at("07:00:06"), at("07:00:37")}, // :27 has left the window, two are left
		{"10.0.0.2", at("09:00:09"), at("09:00:10")},
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("episodes (-want +have):\n%s", d)
	}
}
