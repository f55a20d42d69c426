package parse

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"foghorn/pipeline"
)

// corpusLines reads up to limit lines of a file of the shared data.
func corpusLines(t testing.TB, name string, limit int) [][]byte {
	path := filepath.Join("..", "..", "..", "shared", "data", name)
	f, err := os.Open(path)
	if err != nil {
		t.Skipf("no shared data: %v", err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	if strings.HasSuffix(name, ".gz") {
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		s = bufio.NewScanner(z)
	}
	s.Buffer(nil, 1<<20)
	var lines [][]byte
	for len(lines) < limit && s.Scan() {
		lines = append(lines, bytes.Clone(s.Bytes()))
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	return lines
}

// Every line of the real logs that states a time, by a regular expression and the
// standard library, gets exactly this time; so do at least 99 in 100 of all lines.
func TestRealLogsGetTheirStatedTime(t *testing.T) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	const iso, syslog = `^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3})`, `^(\w{3} [ \d]\d \d\d:\d\d:\d\d) `
	tests := []struct {
		file, pattern, layout, format string
		levels                        bool // every line has a level
	}{
		{"loghub2k/OpenSSH_2k.log", syslog, time.Stamp, "syslog", false},
		{"loghub2k/Linux_2k.log", syslog, time.Stamp, "syslog", false},
		{"loghub2k/Mac_2k.log", syslog, time.Stamp, "syslog", false},
		{"loghub2k/Apache_2k.log", `^\[([^]]+)\]`, "Mon Jan 02 15:04:05 2006", "apache_error", true},
		{"loghub2k/HDFS_2k.log", `^(\d{6} \d{6}) `, "060102 150405", "log4j", true},
		{"loghub2k/Hadoop_2k.log", iso, "2006-01-02 15:04:05,000", "log4j", true},
		{"loghub2k/Zookeeper_2k.log", iso, "2006-01-02 15:04:05,000", "log4j", true},
		{"loghub2k/Spark_2k.log", `^(\d\d/\d\d/\d\d \d\d:\d\d:\d\d) `, "06/01/02 15:04:05", "log4j", true},
		{"loghub2k/OpenStack_2k.log", `^\S+ (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) `, "2006-01-02 15:04:05.000", "log4j", true},
		{"loghub2k/Windows_2k.log", `^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),`, "2006-01-02 15:04:05", "log4j", true},
		{"loghub2k/Android_2k.log", `^(\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) `, "01-02 15:04:05.000", "logcat", true},
		{"loghub2k/Proxifier_2k.log", `^\[(\d\d\.\d\d \d\d:\d\d:\d\d)\]`, "01.02 15:04:05", "text", false},
		{"access/nginx-shop-100k.log.gz", `\[(\d\d/\w+/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\]`, "02/Jan/2006:15:04:05 -0700", "access", false},
	}
	for _, tt := range tests {
		t.Run(filepath.Base(tt.file), func(t *testing.T) {
			lines := corpusLines(t, tt.file, 100_000)
			stated := regexp.MustCompile(tt.pattern)
			p := New(Config{})
			timed, formatted, levels := 0, 0, 0
			for i, line := range lines {
				e := p.Parse(&pipeline.Line{ID: pipeline.LineID{Source: "h:/x", Generation: 1}, Raw: line, Observed: now})
				if p.Format() == tt.format {
					formatted++
				}
				if e.Severity != 0 {
					levels++
				}
				if e.TimeObserved {
					continue
				}
				timed++
				m := stated.FindSubmatch(line)
				if m == nil {
					t.Errorf("line %d states no time, parsed %v: %s", i+1, e.EventTime(), line)
					continue
				}
				want, err := time.Parse(tt.layout, string(m[1]))
				if err != nil {
					t.Fatal(err)
				}
				if want.Year() == 0 {
					if want = want.AddDate(now.Year(), 0, 0); want.After(now.AddDate(0, 0, 1)) {
						want = want.AddDate(-1, 0, 0)
					}
				}
				if !want.Equal(e.EventTime()) {
					t.Errorf("line %d: %v, want %v: %s", i+1, e.EventTime(), want, line)
				}
			}
			t.Logf("%d lines, %d with their time, %d of format %s, %d with a level", len(lines), timed, formatted, tt.format, levels)
			if timed*100 < len(lines)*99 || formatted*100 < len(lines)*99 || tt.levels && levels != len(lines) {
				t.Error("too few")
			}
		})
	}
}

// The fields of the access log's lines are those that an independent expression finds.
func TestRealAccessLogGetsItsFields(t *testing.T) {
	lines := corpusLines(t, "access/nginx-shop-100k.log.gz", 20_000)
	expr := regexp.MustCompile(`^(\S+) - (\S+) \[[^]]+\] "([A-Z]+) ([^ ?#"]+)[^"]*" (\d{3}) (\d+) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"`)
	keys := []string{"client.address", "user.name", "http.request.method", "url.path", pipeline.FieldStatus, "http.response.body.size", "http.request.header.referer", "user_agent.original"}
	p := New(Config{})
	checked := 0
	for i, line := range lines {
		m := expr.FindSubmatch(line)
		if m == nil {
			continue
		}
		checked++
		e := p.Parse(&pipeline.Line{ID: pipeline.LineID{Source: "h:/x", Generation: 1}, Raw: line, Observed: observed.AddDate(9, 0, 0)})
		for k, key := range keys {
			want := string(m[k+1])
			if want == "-" {
				want = ""
			}
			if have, _ := e.Field(key); have != want && len(want) <= DefaultConfig().MaxValue {
				t.Errorf("line %d: %s is %q, want %q: %s", i+1, key, have, want, line)
			}
		}
	}
	if checked*100 < len(lines)*99 {
		t.Errorf("only %d of %d lines fit the expression", checked, len(lines))
	}
}
