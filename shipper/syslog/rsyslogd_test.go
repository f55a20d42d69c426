package syslog

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/kafka/embedded"
	"foghorn/pipeline/parse"
)

// rsyslogd starts a real rsyslogd that reads the file whose path is returned, and does action
// with its lines.
func rsyslogd(t *testing.T, modules, action string) (input string) {
	t.Helper()
	program, err := exec.LookPath("rsyslogd")
	if err != nil {
		t.Skip("SKIPPED: needs rsyslogd:", err)
	}
	for line := range strings.Lines(modules) {
		if found, _ := filepath.Glob("/usr/lib*/*/rsyslog/" + strings.TrimSpace(line) + ".so"); len(found) == 0 {
			t.Skip("SKIPPED: needs rsyslogd's module", line)
		}
	}
	dir := t.TempDir()
	input = filepath.Join(dir, "input.log")
	if err := os.WriteFile(input, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	var load strings.Builder
	for line := range strings.Lines(modules) {
		fmt.Fprintf(&load, "module(load=%q)\n", strings.TrimSpace(line))
	}
	conf := filepath.Join(dir, "rsyslog.conf")
	text := fmt.Sprintf("global(workDirectory=%q localHostname=\"web-7\")\n%s"+
		"input(type=\"imfile\" file=%q tag=\"app:\" severity=\"error\" facility=\"local0\")\n%s\n", dir, load.String(), input, action)
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.Command(program, "-n", "-f", conf, "-i", filepath.Join(dir, "pid"))
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("rsyslogd: %s", said.String())
		}
	})
	return input
}

func appendTo(t *testing.T, path string, lines ...string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(strings.Join(lines, "\n") + "\n"); err != nil {
		t.Fatal(err)
	}
}

func numbered(what string, n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("%s %d", what, i))
	}
	return out
}

// A real rsyslogd sends over TCP in both framings; the listener is away in between and comes
// back: every line arrives once and in order.
func TestRsyslogdForwards(t *testing.T) {
	for _, framing := range []string{"octet-counted", "traditional"} {
		t.Run(framing, func(t *testing.T) {
			b := newBench(t, func(c *Config) { c.TCP = "127.0.0.1:0" })
			_, addr, _ := b.s.Addrs()
			_, port, _ := strings.Cut(addr.String(), ":")
			input := rsyslogd(t, "imfile", fmt.Sprintf(`action(type="omfwd" target="127.0.0.1" port=%q protocol="tcp" TCP_Framing=%q
	template="RSYSLOG_SyslogProtocol23Format" action.resumeRetryCount="-1" action.resumeInterval="1" queue.type="LinkedList")`, port, framing))
			have := func() (out []string) {
				for _, text := range b.sink.texts("web-7:/syslog/127.0.0.1") {
					out = append(out, text[strings.LastIndex(text, " - - ")+5:])
				}
				return out
			}
			want := numbered("before", 200)
			appendTo(t, input, want...)
			b.until("the lines before", func() bool { return len(have()) >= 200 })
			b.stop()
			away := numbered("away", 200)
			appendTo(t, input, away...)
			want = append(want, away...)
			b.start(func(c *Config) { c.TCP = addr.String() })
			later := numbered("later", 200)
			appendTo(t, input, later...)
			want = append(want, later...)
			b.until("all lines", func() bool { return len(have()) >= 600 })
			if d := cmp.Diff(want, have()); d != "" {
				t.Errorf("lines (-want +have):\n%s", d)
			}
			b.sink.mu.Lock()
			l := b.sink.lines[0]
			b.sink.mu.Unlock()
			e := parse.New(parse.Config{}).Parse(&l)
			if age := time.Since(e.EventTime()); e.Host != "web-7" || e.Service != "app" || e.Severity != pipeline.SeverityError || e.TimeObserved || age < 0 || age > time.Hour {
				t.Errorf("event %+v of %q", e, l.Raw)
			}
		})
	}
}

// A real rsyslogd writes to logs.raw by itself (omkafka): its records are a foreign producer's
// lines, and stage 1 takes them.
func TestRsyslogdProducesToKafka(t *testing.T) {
	broker, err := embedded.Start(embedded.Config{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	client, err := kafka.New(kafka.Config{Brokers: []string{broker.Addr()}}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.EnsureTopics(t.Context(), pipeline.Topics(1, time.Hour), 1); err != nil {
		t.Fatal(err)
	}
	input := rsyslogd(t, "imfile\nomkafka", fmt.Sprintf(`template(name="line" type="string" string="<%%PRI%%>1 %%TIMESTAMP:::date-rfc3339%% %%HOSTNAME%% %%APP-NAME%% - - - %%msg%%\n")
action(type="omkafka" broker=[%q] topic=%q template="line" confParam=["compression.codec=none"])`, broker.Addr(), pipeline.TopicRaw))
	want := numbered("line", 100)
	appendTo(t, input, want...)
	var have []string
	c := client.Open(pipeline.TopicRaw, 0, -2)
	stage := parse.NewStage(parse.StageConfig{}, 0)
	deadline := time.Now().Add(20 * time.Second)
	for len(have) < len(want) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d lines came", len(have), len(want))
		}
		msgs, err := c.Fetch(t.Context(), 100*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		records, err := stage.Process(t.Context(), time.Now(), msgs)
		if err != nil {
			t.Fatal(err)
		}
		for i := range records {
			events, err := pipeline.DecodeEvents(&records[i])
			if err != nil {
				t.Fatal(err)
			}
			for j := range events {
				e := &events[j]
				if want := (pipeline.LineID{Source: "logs.raw/0", Offset: int64(len(have))}); e.ID != want {
					t.Errorf("event %+v, want id %+v", e, want)
				}
				if e.Host != "web-7" || e.Service != "app" || e.Severity != pipeline.SeverityError || e.TimeObserved {
					t.Fatalf("event %+v of %q", e, e.Body)
				}
				have = append(have, strings.TrimPrefix(string(e.Body[bytes.LastIndex(e.Body, []byte(" - - - "))+7:]), " "))
			}
		}
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("lines (-want +have):\n%s", d)
	}
}
