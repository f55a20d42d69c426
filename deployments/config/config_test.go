package config

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConfigurationReportsAllFaultsAtOnce(t *testing.T) {
	_, err := Parse("foghorn.yml", []byte(`data: /tmp/x
log: { level: loud }
kafka:
  brokers: [localhost]
  partitions: 0
  compresion: zstd
  max_batch: 16MiB
memory: { gc: 5, limit: 1MiB }
ship:
  paths: [relative/*.log, '/logs/[a.log']
  exclude: ['[', '*.gz']
  linger: soon
  files:
    - paths: [x.log]
      multiline: { start: '(' }
    - { paths: ['/a'], rate: { bytes: -1, burst: 5x }, zone: Mars/Base }
  redact: [{ name: nosuch }]
  syslog: { tcp: nowhere, zone: Mars/Base }
  intake: { listen: nowhere, tls: { cert: a }, max_body: 300MiB }
  spool: { size: 1MB }
  labels: { 'a b': c }
index:
  listen: nowhere
  retention:
    age: 30d
    size: many
    keep:
      - { query: 'level:>=error', age: 20d }
      - { query: '(a OR', age: 90d }
      - { query: '', age: soon }
      - { qury: b }
alert:
  receivers:
    - webhook: https://example.org/a
    - name: none
`))
	want := strings.TrimSpace(`
foghorn.yml:2:15: log.level: expected debug, info, warn or error, found "loud"
foghorn.yml:4:13: kafka.brokers[0]: expected host:port, found "localhost"
foghorn.yml:5:15: kafka.partitions: expected 1 to 4096, found 0
foghorn.yml:6:3: kafka.compresion: unknown key; known here: brokers, client_id, compression, max_batch, max_fetch, partitions, replication
foghorn.yml:7:14: kafka.max_batch: expected 16384 to 2097152, found 16777216
foghorn.yml:8:15: memory.gc: expected 10 to 1000, found 5
foghorn.yml:8:25: memory.limit: expected 0 or at least 64MiB, found 1048576
foghorn.yml:10:11: ship.paths[0]: expected an absolute path or glob, found "relative/*.log"
foghorn.yml:10:27: ship.paths[1]: pattern "/logs/[a.log": syntax error in pattern
foghorn.yml:11:13: ship.exclude[0]: pattern "[": syntax error in pattern
foghorn.yml:12:11: ship.linger: expected a duration such as "30s", "5m" or "7d", found "soon"
foghorn.yml:14:15: ship.files[0].paths[0]: pattern "x.log": want an absolute path
foghorn.yml:15:27: ship.files[0].multiline.start: error parsing regexp: missing closing ): ` + "`(`" + `
foghorn.yml:16:39: ship.files[1].rate.bytes: want 0 or more, have -1
foghorn.yml:16:50: ship.files[1].rate.burst: expected a duration such as "30s", "5m" or "7d", found "5x"
foghorn.yml:16:62: ship.files[1].zone: want an IANA time zone such as Europe/Berlin, have "Mars/Base"
foghorn.yml:17:12: ship.redact[0].pattern: want a regular expression, or for name one of email, bearer, card, password, ipv4
foghorn.yml:18:18: ship.syslog.tcp: "nowhere": want host:port: address nowhere: missing port in address
foghorn.yml:18:33: ship.syslog.zone: unknown time zone Mars/Base
foghorn.yml:19:11: ship.intake: cert_file and key_file: give both or none
foghorn.yml:19:21: ship.intake.listen: "nowhere": want host:port: address nowhere: missing port in address
foghorn.yml:19:58: ship.intake.max_body: expected 1024 to 67108864, found 314572800
foghorn.yml:20:18: ship.spool.size: expected 16777216 to 1125899906842624, found 1000000
foghorn.yml:21:11: ship.labels: label name: want letters, digits and _.-, no digit first, have "a b"
foghorn.yml:23:11: index.listen: expected host:port, found "nowhere"
foghorn.yml:26:11: index.retention.size: expected a size such as "64MB" or "1GiB", found "many"
foghorn.yml:28:40: index.retention.keep[0].age: expected more than index.retention.age, 30d (or 0, without bound), found 20d
foghorn.yml:29:18: index.retention.keep[1].query: column 6: expected a term after "OR"
foghorn.yml:30:18: index.retention.keep[2].query: expected a query that chooses lines, found ""; index.retention.age is for all
foghorn.yml:30:27: index.retention.keep[2].age: expected a duration such as "30s", "5m" or "7d", found "soon"
foghorn.yml:31:9: index.retention.keep[3].query: expected a query that chooses lines, found ""; index.retention.age is for all
foghorn.yml:31:11: index.retention.keep[3].qury: unknown key; known here: age, query
foghorn.yml:35:11: alert.receivers[1]: want exactly one of alertmanager and webhook`)
	if err == nil {
		t.Fatal("no error")
	}
	if d := cmp.Diff(want, err.Error()); d != "" {
		t.Errorf("-want +have\n%s", d)
	}
}

// TestUpSettingsGoBeforeItsDefaults: what a file does not say stands as up has it.
func TestUpSettingsGoBeforeItsDefaults(t *testing.T) {
	have, err := ParseOver(DefaultUp(), "foghorn.yml", []byte("kafka: { compression: zstd }"))
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultUp()
	want.Kafka.Compression = "zstd"
	if d := cmp.Diff(want.Kafka, have.Kafka); d != "" {
		t.Errorf("-want +have\n%s", d)
	}
}

func TestConfigurationPrintsWhatReadsBackTheSame(t *testing.T) {
	cfg := Default()
	cfg.Ship.Paths, cfg.Ship.Labels = []string{"/var/log/**"}, map[string]string{"env": "test"}
	text, err := cfg.YAML()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Parse("printed.yml", text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	again, err := back.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(text), string(again)); d != "" {
		t.Errorf("-printed +again\n%s", d)
	}
}

// TestExampleConfiguration: the example's values are the defaults where it says so.
func TestExampleConfiguration(t *testing.T) {
	have, err := Load("foghorn.yml")
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Data = "/var/lib/foghorn"
	have.Ship.Paths, have.Ship.Files, have.Ship.Labels, have.Alert.Receivers, have.Index.Retention.Keep = nil, nil, nil, nil, nil
	a, err := want.YAML()
	if err != nil {
		t.Fatal(err)
	}
	b, err := have.YAML()
	if err != nil {
		t.Fatal(err)
	}
	// The printed form does not tell an empty list from an absent one.
	normal := func(s []byte) string {
		return regexp.MustCompile(`(?m): (\[\]|\{\}|null)$`).ReplaceAllString(string(s), ": none")
	}
	if d := cmp.Diff(normal(a), normal(b)); d != "" {
		t.Errorf("-default +example\n%s", d)
	}
}

// Every configuration among the deployment examples is one that the program takes.
func TestDeploymentsConfigurations(t *testing.T) {
	for _, test := range []struct{ file, before string }{
		{"foghorn.yml", ""},
		{"../docker/compose.yml", "    content: |\n"},
		{"../kubernetes/daemonset.yml", "  foghorn.yml: |\n"},
	} {
		data, err := os.ReadFile(test.file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		if test.before != "" {
			_, rest, ok := strings.Cut(text, test.before)
			if !ok {
				t.Errorf("%s has no %q", test.file, test.before)
				continue
			}
			text = block(rest)
		}
		if _, err := Parse(test.file, []byte(text)); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
}

// TestALargerBodyIsBoundedByNothingElse: every body that ship.intake.max_body allows passes
// the other bounds of a request, when it is plain text of lines of 200 bytes and more.
func TestALargerBodyIsBoundedByNothingElse(t *testing.T) {
	for _, size := range []string{"1KiB", "16MiB", "20MiB", "32MiB", "64MiB"} {
		cfg, err := Parse("x", []byte("ship: {intake: {listen: ':1', max_body: "+size+"}}"))
		if err != nil {
			t.Fatal(err)
		}
		s := cfg.Ship.Intake.Server()
		if err := s.Validate(); err != nil {
			t.Errorf("%s: %v", size, err)
		}
		// Beside its bytes a line takes some for itself and its labels.
		if lines := s.MaxBody / 200; int64(s.MaxLines) < lines || s.MaxExpanded < s.MaxBody+256*lines {
			t.Errorf("%s: %d lines and %d bytes are allowed", size, s.MaxLines, s.MaxExpanded)
		}
	}
}

// block returns the lines of a YAML block, without their indent.
func block(text string) string {
	indent := text[:len(text)-len(strings.TrimLeft(text, " "))]
	var out strings.Builder
	for line := range strings.Lines(text) {
		line, ok := strings.CutPrefix(line, indent)
		if !ok {
			break
		}
		out.WriteString(line)
	}
	return out.String()
}

func TestKeptLinesAreSetUpAsTheFileSays(t *testing.T) {
	c, err := Parse("foghorn.yml", []byte("index: { retention: { age: 7d, size: 2GiB, keep: [{ query: 'level:>=error', age: 90d }, { query: 'service:pay OR b' }] } }"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Index.Retention.Store()
	if err != nil {
		t.Fatal(err)
	}
	have := fmt.Sprint(r.RetainAge, r.RetainBytes, len(r.RetainKeep), r.RetainKeep[0].Query, r.RetainKeep[0].Age, r.RetainKeep[1].Query, r.RetainKeep[1].Age)
	if want := "168h0m0s 2147483648 2 level:>=error 2160h0m0s service:pay OR b 0s"; have != want {
		t.Errorf("have %s, want %s", have, want)
	}
	if err := r.Validate(); err != nil {
		t.Error(err)
	}
	if _, err := Parse("foghorn.yml", []byte("index: { retention: { age: 0s, keep: [{ query: x }] } }")); err == nil {
		t.Error("no fault without an age for the rest")
	}
}
