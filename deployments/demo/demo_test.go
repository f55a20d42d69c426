package demo

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

var start = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

func TestSameSeedAndStartGiveTheSameLines(t *testing.T) {
	cfg := Config{Seed: 7, Start: start}
	one, two := Generate(cfg, 50*time.Second), Generate(cfg, 50*time.Second)
	if diff := cmp.Diff(one, two); diff != "" {
		t.Errorf("second run differs:\n%s", diff)
	}
	cfg.Seed = 8
	if cmp.Equal(one, Generate(cfg, 50*time.Second)) {
		t.Error("another seed gives the same lines")
	}
	for i := 1; i < len(one); i++ {
		if one[i].Time.Before(one[i-1].Time.Add(-step)) {
			t.Fatalf("line %d goes back by more than a step", i)
		}
	}
}

func TestFormats(t *testing.T) {
	forms := map[string]*regexp.Regexp{
		"gateway":     regexp.MustCompile(`^[\d.]+ - - \[01/Mar/2026:10:0\d:\d\d \+0000\] "GET /api/videos/\d+ HTTP/1.1" \d{3} \d+ "[^"]+" "[^"]+" rt=[\d.]+ trace=[0-9a-f]{32}$`),
		"video":       regexp.MustCompile(`^\{"level":"(info|warn|error)","service":"video","time":"2026-03-01T10:.*"\}$`),
		"catalog":     regexp.MustCompile(`^time=2026-03-01T10:\S+ level=\w+ service=catalog msg="[^"]+" item=\d+ .*trace_id=[0-9a-f]{32}$`),
		"database":    regexp.MustCompile(`^2026-03-01 10:\d\d:[\d.]+ UTC \[\d+\] [A-Z]+:  .+$`),
		"replication": regexp.MustCompile(`^(2026-03-01 10:\d\d:\d\d,\d{3} (INFO |ERROR|FATAL) \[sender-1\] .+|\t.+|java\.net.+|Caused by: .+)$`),
		"auth":        regexp.MustCompile(`^Mar  1 10:\d\d:\d\d shop-1 sshd\[\d+\]: (Accepted|Failed) .+$`),
	}
	seen := map[string]int{}
	for _, l := range Generate(Config{Seed: 1, Start: start}, 2*time.Minute) {
		seen[l.Service]++
		if !forms[l.Service].MatchString(l.Text) {
			t.Fatalf("%s line of another form: %q", l.Service, l.Text)
		}
	}
	for _, s := range Services() {
		if seen[s] == 0 {
			t.Errorf("%s wrote nothing", s)
		}
	}
}

// TestFailuresFollowEachOther: replication, then the database, then videos not found, with
// a surge of 4xx and 5xx at the gateway; before, there is none.
func TestFailuresFollowEachOther(t *testing.T) {
	first := map[string]time.Duration{}
	status := map[bool]map[byte]int{false: {}, true: {}} // by "after the failure" and class
	code := regexp.MustCompile(`HTTP/1.1" (\d)\d\d`)
	for _, l := range Generate(Config{Seed: 1, Start: start, FailAfter: 30 * time.Second}, 90*time.Second) {
		at := l.Time.Sub(start)
		for _, sign := range []string{"replica-2 stopped", "connection refused", "Video not found"} {
			if _, ok := first[sign]; !ok && strings.Contains(l.Text, sign) {
				first[sign] = at
			}
		}
		if m := code.FindStringSubmatch(l.Text); l.Service == "gateway" && m != nil {
			status[at >= 30*time.Second][m[1][0]]++
		}
	}
	signs := []string{"Video not found", "connection refused", "replica-2 stopped"}
	sort.Slice(signs, func(i, j int) bool { return first[signs[i]] < first[signs[j]] })
	if diff := cmp.Diff([]string{"replica-2 stopped", "connection refused", "Video not found"}, signs); diff != "" || first["replica-2 stopped"] != 30*time.Second {
		t.Errorf("order of failures: %v", first)
	}
	if well, ill := status[false], status[true]; well['5']*100 > well['2'] || ill['5'] < 500 || ill['4'] < 1000 {
		t.Errorf("answers by class before the failure: %v, after it: %v", well, ill)
	}
}

// TestEveryLineIsWrittenAndRotatedFilesAreComplete runs the shop for 40 s of its time.
func TestEveryLineIsWrittenAndRotatedFilesAreComplete(t *testing.T) {
	dir := t.TempDir()
	cfg := Config{Dir: dir, Seed: 3, Start: start, RotateBytes: 64 << 10, Keep: 1000}
	synctest.Test(t, func(t *testing.T) {
		shop, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second-step/2)
		defer cancel()
		if err := shop.Run(ctx); err != nil {
			t.Fatal(err)
		}
	})
	want := map[string]string{}
	for _, l := range Generate(cfg, 40*time.Second) {
		want[l.Service] += l.Text + "\n"
	}
	rotated := 0
	for _, s := range Services() {
		path := filepath.Join(dir, s+".log")
		parts, err := filepath.Glob(path + ".*")
		if err != nil {
			t.Fatal(err)
		}
		rotated += len(parts)
		sort.Slice(parts, func(i, j int) bool { // oldest first: the highest number
			return len(parts[i]) > len(parts[j]) || len(parts[i]) == len(parts[j]) && parts[i] > parts[j]
		})
		var have strings.Builder
		for _, p := range append(parts, path) {
			text, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			if p != path && (len(text) == 0 || text[len(text)-1] != '\n') {
				t.Errorf("%s ends in the middle of a line", filepath.Base(p))
			}
			have.Write(text)
		}
		if have.String() != want[s] {
			t.Errorf("%s: wrote %d bytes, want %d", s, have.Len(), len(want[s]))
		}
	}
	if rotated < 10 {
		t.Errorf("rotated files: want at least 10, have %d", rotated)
	}
}

func TestOldRotationsAreRemoved(t *testing.T) {
	f := &file{path: filepath.Join(t.TempDir(), "a.log"), limit: 1, keep: 2}
	if err := f.open(); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"1", "2", "3", "4"} {
		f.add(text)
		if err := f.flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.close(); err != nil {
		t.Fatal(err)
	}
	have := map[string]string{}
	entries, err := os.ReadDir(filepath.Dir(f.path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(filepath.Dir(f.path), e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		have[e.Name()] = string(text)
	}
	if diff := cmp.Diff(map[string]string{"a.log": "", "a.log.1": "4\n", "a.log.2": "3\n"}, have); diff != "" {
		t.Errorf("files (-want +have):\n%s", diff)
	}
}

func TestConfigFaults(t *testing.T) {
	for name, cfg := range map[string]Config{
		"no folder":      {},
		"negative rate":  {Dir: "x", Rate: -1},
		"negative limit": {Dir: "x", RotateBytes: -1},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}
