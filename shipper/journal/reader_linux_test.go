package journal

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
	"foghorn/pipeline/parse"
)

// A real journal: lines are what journalctl prints, with time, level and service; the parser
// reads them; each entry is shipped once, through a stop and a start.
func TestARealJournal(t *testing.T) {
	dir, socket, _ := journald(t)
	sink, data := &memorySink{}, t.TempDir()
	cfg := DefaultConfig("h")
	cfg.Directory, cfg.Labels = dir, map[string]string{"env": "prod"}
	for i := range 50 {
		say(t, socket, "MESSAGE", fmt.Sprint("early ", i), "PRIORITY", "6", "SYSLOG_IDENTIFIER", "app")
	}
	q, stopQueue := queue(t, data, sink)
	_, stop := read(t, cfg, q)
	until(t, "early entries", func() bool { return len(sink.of("app")) == 50 })
	say(t, socket, "MESSAGE", "while following", "PRIORITY", "3", "SYSLOG_IDENTIFIER", "app")
	say(t, socket, "MESSAGE", "panic: no\n  at \xff\n", "PRIORITY", "2", "SYSLOG_IDENTIFIER", "app", "CONTAINER_NAME", "shop", "CONTAINER_ID_FULL", "abc")
	say(t, socket, "MESSAGE", strings.Repeat("long ", 20_000), "SYSLOG_IDENTIFIER", "app")
	until(t, "entries that are followed", func() bool { return len(sink.of("app")) == 52 && len(sink.of("shop")) == 1 })
	stop()
	stopQueue()
	for i := range 50 {
		say(t, socket, "MESSAGE", fmt.Sprint("late ", i), "PRIORITY", "6", "SYSLOG_IDENTIFIER", "app")
	}
	q, stopQueue = queue(t, data, sink)
	defer stopQueue()
	_, stop = read(t, cfg, q)
	defer stop()
	say(t, socket, "MESSAGE", "last", "SYSLOG_IDENTIFIER", "app")
	until(t, "the last entry", func() bool {
		lines := sink.of("app")
		return strings.HasSuffix(string(lines[len(lines)-1].Raw), ": last")
	})

	out, err := exec.Command("journalctl", "--directory="+dir, "--utc", "--all", "--no-pager", "--output=short-iso-precise", "SYSLOG_IDENTIFIER=app").Output()
	if err != nil {
		t.Fatal(err)
	}
	var want, have []string
	for line := range strings.Lines(string(out)) {
		line = strings.Replace(strings.TrimSuffix(line, "\n"), "+0000 ", "+00:00 ", 1)
		if !strings.Contains(line, "panic: no") && (strings.Contains(line, " app[") || strings.Contains(line, " app: ")) { // journald may not know the pid yet
			want = append(want, line)
		}
	}
	lines := sink.of("app")
	for i := range lines {
		have = append(have, string(lines[i].Raw))
	}
	if len(want) != 103 {
		t.Fatalf("journalctl prints %d lines, want 103", len(want))
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("lines (-journalctl +have):\n%s", d)
	}

	shop := sink.of("shop")[0]
	if !strings.HasSuffix(string(shop.Raw), ": panic: no\n  at \xff") {
		t.Errorf("lines of a container: %q", shop.Raw)
	}
	for key, want := range map[string]string{"container.name": "shop", "container.id": "abc", "service": "shop", "env": "prod", parse.GivenSeverity: "18"} {
		if have := attr(&shop, key); have != want {
			t.Errorf("label %s: want %q, have %q", key, want, have)
		}
	}
	e := parse.New(parse.Config{}).Parse(&lines[50])
	stamp, _, _ := strings.Cut(string(lines[50].Raw), " ")
	if at, err := time.Parse(time.RFC3339, stamp); err != nil || !e.EventTime().Equal(at) || e.TimeObserved {
		t.Errorf("event of %v, want %v (error %v)", e.EventTime(), stamp, err)
	}
	if e.Service != "app" || e.Severity != pipeline.SeverityError || e.Host == "" {
		t.Errorf("event %+v", e)
	}
}

// journalctl that ends is started again behind the last entry; each entry is shipped once.
func TestJournalctlIsStartedAgain(t *testing.T) {
	dir, socket, _ := journald(t)
	sink := &memorySink{}
	cfg := DefaultConfig("h")
	cfg.Directory = dir
	cfg.Command = filepath.Join(t.TempDir(), "journalctl")
	script := "#!/bin/sh\ntimeout 0.2 journalctl \"$@\"\n"
	if err := os.WriteFile(cfg.Command, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	q, _ := queue(t, t.TempDir(), sink)
	_, stop := read(t, cfg, q)
	defer stop()
	var want, have []string
	for i := range 60 {
		text := fmt.Sprint("entry ", i)
		say(t, socket, "MESSAGE", text, "SYSLOG_IDENTIFIER", "app")
		want = append(want, text)
		if i%20 == 0 {
			until(t, text, func() bool { return len(sink.of("app")) == i+1 })
		}
	}
	until(t, "all entries", func() bool { return len(sink.of("app")) >= 60 })
	for _, l := range sink.of("app") {
		_, text, _ := strings.Cut(string(l.Raw), ": ")
		have = append(have, text)
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("entries (-want +have):\n%s", d)
	}
}

// The newest of the entries that were read is gone when reading goes on: what is left is shipped
// from its first entry on, each entry once.
func TestTheEntryOfTheCursorIsGone(t *testing.T) {
	dir, socket, rotate := journald(t)
	sink, data := &memorySink{}, t.TempDir()
	cfg := DefaultConfig("h")
	cfg.Directory = dir
	say(t, socket, "MESSAGE", "old", "SYSLOG_IDENTIFIER", "app")
	q, stopQueue := queue(t, data, sink)
	_, stop := read(t, cfg, q)
	until(t, "the old entry", func() bool { return len(sink.of("app")) == 1 })
	stop()
	stopQueue()
	before := len(sink.lines)

	archived := filepath.Join(dir, "*", "system@*.journal")
	rotate()
	until(t, "the archived file", func() bool { files, _ := filepath.Glob(archived); return len(files) == 1 })
	files, _ := filepath.Glob(archived)
	say(t, socket, "MESSAGE", "new", "SYSLOG_IDENTIFIER", "app")
	if err := os.Remove(files[0]); err != nil {
		t.Fatal(err)
	}
	list := func() []string {
		out, _ := exec.Command("journalctl", "--directory="+dir, "--utc", "--all", "--no-pager", "--quiet", "--output=short-iso-precise").Output()
		lines := strings.Split(strings.ReplaceAll(strings.TrimSuffix(string(out), "\n"), "+0000 ", "+00:00 "), "\n")
		slices.Sort(lines)
		return lines
	}
	until(t, "an entry of journald before the new one", func() bool {
		have := list()
		return len(have) > 1 && slices.ContainsFunc(have, func(l string) bool { return strings.HasSuffix(l, ": new") })
	})
	q, stopQueue = queue(t, data, sink)
	defer stopQueue()
	_, stop = read(t, cfg, q)
	defer stop()
	until(t, "what journalctl prints", func() bool { // journald has a word of its own now and then
		sink.mu.Lock()
		defer sink.mu.Unlock()
		var have []string
		for _, l := range sink.lines[before:] {
			have = append(have, string(l.Raw))
		}
		slices.Sort(have)
		return slices.Equal(list(), have)
	})
}

// Without a journalctl, or with one that fails, Ready says why.
func TestReadySaysWhyNothingIsRead(t *testing.T) {
	failing := filepath.Join(t.TempDir(), "journalctl")
	if err := os.WriteFile(failing, []byte("#!/bin/sh\necho no journal files were found >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ command, want string }{
		{filepath.Join(t.TempDir(), "nowhere"), "no such file"},
		{failing, "no journal files were found"},
	} {
		q, _ := queue(t, t.TempDir(), &memorySink{})
		cfg := DefaultConfig("h")
		cfg.Command = test.command
		r, stop := read(t, cfg, q)
		until(t, test.want, func() bool { err := r.Ready(); return err != nil && strings.Contains(err.Error(), test.want) })
		stop()
	}
}

// An entry that is no JSON, and one that is larger than the limit, are left out; what stands
// beside them is shipped. (The output is a recorded one: no journal holds such entries.)
func TestEntriesThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	text := `{"__CURSOR":"1","MESSAGE":"one","SYSLOG_IDENTIFIER":"app"}` + "\nrubbish\n" +
		`{"__CURSOR":"2","MESSAGE":"` + strings.Repeat("x", maxEntry) + `"}` + "\n" +
		`{"__CURSOR":"3","MESSAGE":"three\n` + strings.Repeat("y", 100) + `","SYSLOG_IDENTIFIER":"app"}` + "\n" + `{"__CURSOR":"4","MES`
	if err := os.WriteFile(filepath.Join(dir, "out"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := DefaultConfig("h")
	cfg.Command, cfg.LineLimit = filepath.Join(dir, "journalctl"), 30
	script := "#!/bin/sh\ncase \"$*\" in *--cursor=3*) exec sleep 60;; esac\ncat " + dir + "/out\n"
	if err := os.WriteFile(cfg.Command, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	sink := &memorySink{}
	q, _ := queue(t, t.TempDir(), sink)
	_, stop := read(t, cfg, q)
	defer stop()
	until(t, "three lines", func() bool { return len(sink.of("app")) >= 3 })
	var have []string
	for _, l := range sink.of("app") {
		have = append(have, fmt.Sprint(string(l.Raw), " ", l.Truncated))
	}
	want := []string{"app: one false", "app: three false", strings.Repeat("y", 19) + " true"}
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("lines (-want +have):\n%s", d)
	}
	if m := q.Mark(cfg.name()); m != "3" {
		t.Errorf("mark %q, want 3", m)
	}
}

// A journal that is read again and has nothing new is ready.
func TestReadyWhenJournalctlStays(t *testing.T) {
	dir := t.TempDir()
	cfg := DefaultConfig("h")
	cfg.Command = filepath.Join(dir, "journalctl")
	script := "#!/bin/sh\ntest -e " + dir + "/fixed && exec sleep 60\nexit 1\n"
	if err := os.WriteFile(cfg.Command, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	q, _ := queue(t, t.TempDir(), &memorySink{})
	r, stop := read(t, cfg, q)
	defer stop()
	until(t, "a fault", func() bool { return r.Ready() != nil })
	if err := os.WriteFile(filepath.Join(dir, "fixed"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	until(t, "no fault", func() bool { return r.Ready() == nil })
}
