package parse

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"foghorn/pipeline"
)

var update = flag.Bool("update", false, "write what the parser finds to testdata/golden; then check each line by eye")

// brokerFiles are the lines of the shared data's Kafka brokers, by file.
func brokerFiles(t *testing.T) map[string][][]byte {
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "kafka-broker", "kafka-3-brokers.tar.gz"))
	if err != nil {
		t.Skipf("no shared data: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg && len(content) > 0 {
			files[h.Name] = bytes.Split(bytes.TrimSuffix(content, []byte{'\n'}), []byte{'\n'})
		}
	}
}

// found is what a golden file says of a line: its time, or -, and its level, or -.
func timeAndLevel(e *pipeline.Event) string {
	at, level := "-", "-"
	if !e.TimeObserved {
		at = e.EventTime().Format(time.RFC3339Nano)
	}
	if e.Severity != 0 {
		level = e.Severity.String()
	}
	return at + "\t" + level
}

// Golden files hold a line's number, time and level for 20 lines of each of the shared
// data's files; each was checked against the line by eye. The lines before are parsed too.
func TestGolden(t *testing.T) {
	files := map[string]func(t *testing.T) [][]byte{
		"access": func(t *testing.T) [][]byte { return corpusLines(t, "access/nginx-shop-100k.log.gz", 5000) },
		"kafka-server": func(t *testing.T) [][]byte {
			return brokerFiles(t)["logs/kafka0/logs/server.log.2016-12-19-16"]
		},
		"kafka-gc": func(t *testing.T) [][]byte { return brokerFiles(t)["logs/kafka1/logs/kafkaServer-gc.log"] },
	}
	for i := range systems {
		files[systems[i].name] = func(t *testing.T) [][]byte { return systems[i].lines(t) }
	}
	for name, load := range files {
		t.Run(name, func(t *testing.T) {
			lines := load(t)
			path := filepath.Join("testdata", "golden", name+".tsv")
			golden, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want := map[int]string{}
			for row := range strings.Lines(string(golden)) {
				number, rest, _ := strings.Cut(strings.TrimSuffix(row, "\n"), "\t")
				n, err := strconv.Atoi(number)
				if err != nil {
					t.Fatal(err)
				}
				want[n] = rest
			}
			if len(want) != 20 {
				t.Errorf("%d lines, want 20", len(want))
			}
			var out strings.Builder
			p := New(Config{})
			for i, line := range lines {
				e := p.Parse(&pipeline.Line{ID: pipeline.LineID{Source: "h:/x", Generation: 1}, Raw: line, Observed: systemsNow})
				have := timeAndLevel(&e)
				if w, ok := want[i+1]; ok {
					fmt.Fprintf(&out, "%d\t%s\n", i+1, have)
					if have != w {
						t.Errorf("line %d: have %s, want %s: %s", i+1, have, w, line)
					}
				}
			}
			if *update {
				if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// Every line of the brokers' logs that begins with a time and a level in Kafka's layout gets
// exactly these, and its logger; no other line of them has a level.
func TestBrokerLogs(t *testing.T) {
	layout := regexp.MustCompile(`^\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3})\] ([A-Z]+) (.*?)(?: \(([\w.$]+)\))?$`)
	stamped := regexp.MustCompile(`^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}): `)
	total, checked := 0, 0
	for name, lines := range brokerFiles(t) {
		p := New(Config{})
		for i, line := range lines {
			total++
			e := p.Parse(&pipeline.Line{ID: pipeline.LineID{Source: "h:/x", Generation: 1}, Raw: line, Observed: systemsNow})
			at, level, logger := "-", "-", ""
			if m := layout.FindSubmatch(line); m != nil {
				checked++
				stated, err := time.Parse("2006-01-02 15:04:05,000", string(m[1]))
				if err != nil {
					t.Fatal(err)
				}
				at, level, logger = stated.Format(time.RFC3339Nano), strings.ToLower(string(m[2])), string(m[4])
				if message := string(p.Message(line)); message != string(m[3]) && message != strings.TrimSpace(string(m[3])) {
					t.Errorf("%s:%d: message %q, want %q", name, i+1, message, m[3])
				}
			} else if m := stamped.FindSubmatch(line); m != nil {
				checked++
				stated, err := time.Parse("2006-01-02T15:04:05.000-0700", string(m[1]))
				if err != nil {
					t.Fatal(err)
				}
				at = stated.UTC().Format(time.RFC3339Nano)
			} else if !e.TimeObserved {
				t.Errorf("%s:%d: time %s: %s", name, i+1, e.EventTime(), line)
			}
			if have, want := timeAndLevel(&e), at+"\t"+level; have != want && at != "-" {
				t.Errorf("%s:%d: have %s, want %s: %s", name, i+1, have, want, line)
			}
			if have, _ := e.Field("log.logger"); logger != "" && have != logger {
				t.Errorf("%s:%d: logger %q, want %q", name, i+1, have, logger)
			}
		}
	}
	t.Logf("%d lines, %d of them with a time", total, checked)
}
