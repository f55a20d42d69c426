package shipper

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"foghorn/pipeline"
	"foghorn/shipper/multiline"
	"foghorn/shipper/redact"
)

const javaTrace = `java.io.IOException: mail to ann@example.com failed
	at a.B.c(B.java:1)
	at a.B.d(B.java:2)
Caused by: java.lang.Error: bob@example.com is gone
	... 2 more
`

func TestTheLinesOfAStackTraceAreOneEventWithExactOffsets(t *testing.T) {
	b := newBench(t, "*.log")
	b.write("a.log", "before\n"+javaTrace+"after\n")
	b.start()
	b.want("a.log", "before", strings.TrimSuffix(javaTrace, "\n"), "after")
	e := b.sink.all()[1]
	if e.ID.Offset != int64(len("before\n")) || e.Size != int64(len(javaTrace)) || e.Sizes != nil {
		t.Errorf("offset %d, size %d, sizes %v", e.ID.Offset, e.Size, e.Sizes)
	}
	b.settled()
	if n := b.s.Status().Lines; n != 7 {
		t.Errorf("lines acknowledged: want 7, have %d", n)
	}
	b.write("a.log", javaTrace) // a live file: the time-out ends the event
	b.until("the trace at the end", func() bool { return b.sink.count() == 4 })
	if gaps := b.sink.gaps(); gaps != nil {
		t.Error(gaps)
	}
}

// acked is the offset up to which the oldest generation of a file is acknowledged.
func (b *bench) acked(name string) int64 { return b.first(name).acked.Load().offset }

func (b *bench) read(name string) int64 {
	g := b.first(name)
	g.src.mu.Lock()
	defer g.src.mu.Unlock()
	return g.at()
}

// newest is how far the newest generation of a file was read.
func (b *bench) newest(name string) int64 {
	b.s.mu.Lock()
	src := b.s.sources[b.path(name)]
	b.s.mu.Unlock()
	src.mu.Lock()
	defer src.mu.Unlock()
	return src.last().at()
}

func TestACheckpointNeverMovesBehindALineThatIsStillHeldBack(t *testing.T) {
	b := newBench(t, "*.log")
	b.cfg.Multiline = multiline.Config{Start: "^S", Timeout: time.Minute}
	b.write("a.log", "S1\n x\nS2\n y\n")
	b.start()
	b.want("a.log", "S1\n x")
	b.until("all is read", func() bool { return b.read("a.log") == 12 && b.acked("a.log") == 6 })
	b.kill()
	b.write("a.log", " z\nS3\n")
	b.start()
	b.want("a.log", "S1\n x", "S2\n y\n z")
	b.until("the mark stands before what is held back", func() bool { return b.acked("a.log") == 15 })
	b.end() // in order: what is held back is given out
	b.want("a.log", "S1\n x", "S2\n y\n z", "S3")
}

func TestWhatIsHeldBackIsGivenOutWhenItsGenerationEnds(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(b *bench)
	}{
		{"renamed", func(b *bench) { b.rename("a.log", "a.log.1"); b.write("a.log", "T1\n") }},
		{"truncated", func(b *bench) { b.truncate("a.log"); b.write("a.log", "T1\n") }},
		{"removed", func(b *bench) { os.Remove(b.path("a.log")); b.write("a.log", "T1\n") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "*.log")
			b.cfg.Multiline = multiline.Config{Start: "^S", Timeout: time.Minute}
			b.write("a.log", "S1\n x\n")
			b.start()
			b.until("all is read", func() bool { return b.s.Status().Read == 6 })
			c.end(b)
			b.want("a.log", "S1\n x")
			b.until("the new generation is read", func() bool { return b.newest("a.log") == 3 })
			b.end()
			b.want("a.log", "S1\n x", "T1")
			if n := len(b.sink.generations("a.log")); n != 2 {
				t.Errorf("generations: want 2, have %d", n)
			}
		})
	}
}

func TestLinesThatWaitForOthersDoNotHoldUpOtherFiles(t *testing.T) {
	b := newBench(t, "*.log")
	b.cfg.MaxMemory = 1 << 20 // room for one chunk, and less than two
	b.sink.partitions = 1
	b.cfg.Multiline = multiline.Config{Start: "^S", Timeout: time.Minute, MaxLines: 10_000}
	long := strings.Repeat("x", 1000) + "\n"
	for i := range 8 {
		b.write(fmt.Sprintf("%d.log", i), "S\n"+strings.Repeat(long, 100))
	}
	b.start()
	b.write("free.log", "S1\nS2\n")
	b.until("another file's event", func() bool { return len(b.sink.texts("free.log")) > 0 })
	b.until("all is read", func() bool { return b.s.Status().Read == int64(8*(2+100*len(long))+6) })
	b.end()
	bytes := int64(0)
	for _, l := range b.sink.all() {
		bytes += l.Size
	}
	if want := int64(8*(2+100*len(long)) + 6); bytes != want {
		t.Errorf("bytes: want %d, have %d", want, bytes)
	}
	if gaps := b.sink.gaps(); gaps != nil {
		t.Error(gaps)
	}
}

func TestRedactionLeavesOffsetsAsTheyAreInTheFile(t *testing.T) {
	b := newBench(t, "*.log")
	b.cfg.Redact = []redact.Rule{{Name: "email"}, {Name: "key", Pattern: `key=(\w)\w+`, Replace: "key=$1"}}
	text := "of ann@example.com\n" + javaTrace + "key=secret\n"
	b.write("a.log", text)
	b.start()
	clean := strings.NewReplacer("ann@example.com", "<email>", "bob@example.com", "<email>", "secret", "s").Replace(text)
	b.want("a.log", clean[:10], strings.TrimSuffix(clean[11:len(clean)-6], "\n"), "key=s")
	if have := b.sink.all()[1].Sizes; cmp.Diff([]int64{52, 20, 20, 52, 12}, have) != "" {
		t.Errorf("sizes: %v", have)
	}
	if gaps := b.sink.gaps(); gaps != nil {
		t.Error(gaps)
	}
	if diff := cmp.Diff(map[string]float64{"email": 3, "key": 1}, values(t, redactions{b.s})); diff != "" {
		t.Errorf("redactions_total: %s", diff)
	}
}

// values are those of a collector's counters, by the value of their label.
func values(t *testing.T, c prometheus.Collector) map[string]float64 {
	t.Helper()
	reg := prometheus.NewRegistry()
	if err := reg.Register(c); err != nil {
		t.Fatal(err)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			label := ""
			for _, l := range m.GetLabel() {
				label = l.GetValue()
			}
			out[label] = m.GetCounter().GetValue()
		}
	}
	return out
}

func TestDeadLettersAreRedactedToo(t *testing.T) {
	b := newBench(t, "*.log")
	b.cfg.Redact = []redact.Rule{{Name: "email"}}
	b.sink.refuse = func(m *pipeline.Message) bool { return m.Topic == pipeline.TopicRaw }
	b.write("a.log", "of ann@example.com\n")
	b.start()
	b.until("a dead letter", func() bool { b.sink.mu.Lock(); defer b.sink.mu.Unlock(); return len(b.sink.dead) == 1 })
	if have := string(b.sink.dead[0].Value); have != "of <email>" {
		t.Errorf("dead letter: %q", have)
	}
}

func TestTheFirstFileConfigThatMatchesAPathDecides(t *testing.T) {
	b := newBench(t, "*/*/app.log")
	b.cfg.Labels = map[string]string{"dc": "fra"}
	b.cfg.Files = []FileConfig{
		{
			Paths: []string{filepath.Join(b.dir, "shop", "*", "*.log")}, Exclude: []string{"debug.log"},
			PathLabels: `/(?P<service>[^/]+)/(?P<env>[^/]+)/[^/]+$`, Labels: map[string]string{"dc": "ams"},
			Format: "json", Zone: "Europe/Berlin",
		},
		{Paths: []string{filepath.Join(b.dir, "shop", "prod", "*.log")}, Labels: map[string]string{"service": "never"}, Exclude: []string{"debug.log"}},
	}
	for _, dir := range []string{"shop/prod", "bank/test"} {
		if err := os.MkdirAll(b.path(dir), 0o755); err != nil {
			t.Fatal(err)
		}
		b.write(dir+"/app.log", dir+"\n")
		b.write(dir+"/debug.log", dir+" debug\n")
	}
	b.start()
	b.until("both files", func() bool { return b.sink.count() == 2 })
	b.rename("shop/prod/app.log", "shop/prod/app.log.1")
	b.write("shop/prod/app.log.1", "rotated\n")
	b.until("the rotated file's last line", func() bool { return b.sink.count() == 3 })
	have := map[string]string{}
	for _, l := range b.sink.all() {
		have[string(l.Raw)] = fmt.Sprint(l.Labels, l.Format, l.Zone)
	}
	shop := fmt.Sprint([]pipeline.Attr{{Key: "dc", Value: "ams"}, {Key: "env", Value: "prod"}, {Key: "service", Value: "shop"}}, "json", "Europe/Berlin")
	want := map[string]string{"shop/prod": shop, "rotated": shop, "bank/test": fmt.Sprint([]pipeline.Attr{{Key: "dc", Value: "fra"}}, "", "")}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
}

func TestFaultsOfFileConfigsAreReportedAllAtOnceWithTheirKeys(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Host, cfg.DataDir = "h", "/data"
	cfg.Labels = map[string]string{"1": "x"}
	cfg.Multiline.MaxLines = 1
	cfg.Redact = []redact.Rule{{Name: "nobody"}}
	cfg.Files = []FileConfig{
		{Paths: []string{"/a"}},
		{
			Paths: []string{"b", "/["}, Exclude: []string{""}, PathLabels: "(", Format: "a b", Zone: "Mars",
			Multiline: &multiline.Config{Start: "(", MaxBytes: 1}, Redact: []redact.Rule{{Name: "x", Pattern: "x*"}},
			Rate: RateConfig{Bytes: -1, Lines: -1, Burst: 1},
		},
		{},
	}
	want := `files[1].paths[0]: pattern "b": want an absolute path
files[1].paths[1]: pattern "/[": syntax error in pattern
files[1].exclude[0]: pattern is empty
files[1].path_labels: error parsing regexp: missing closing ): ` + "`(`" + `
files[1].multiline.start: error parsing regexp: missing closing ): ` + "`(`" + `
files[1].multiline.max_bytes: want 1024 to 2097152, have 1
files[1].redact[0].pattern: "x*" matches the empty line
files[1].format: want letters, digits and _.-, have "a b"
files[1].zone: want an IANA time zone such as Europe/Berlin, have "Mars"
files[1].rate.bytes: want 0 or more, have -1
files[1].rate.lines: want 0 or more, have -1
files[1].rate.burst: want 10ms to 1h, have 1ns
files[2].paths: want at least one path or pattern
labels: label name: want letters, digits and _.-, no digit first, have "1"
multiline.max_lines: want 2 to 100000, have 1
redact[0].pattern: want a regular expression, or for name one of email, bearer, card, password, ipv4`
	if err := cfg.Validate(); err == nil || cmp.Diff(want, err.Error()) != "" {
		t.Errorf("(-want +have) %s", cmp.Diff(want, fmt.Sprint(err)))
	}
	if _, err := New(cfg, newSink(), b0, nil); err == nil || errors.Is(err, os.ErrNotExist) {
		t.Errorf("New: %v", err)
	}
}
