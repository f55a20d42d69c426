package parse

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"foghorn/pipeline"
)

// systemsNow is when the lines of the systems are read.
var systemsNow = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// row is a line's columns by name.
type row map[string]string

// system is one of the 16 systems of Loghub: what the columns of its truth say of a line.
type system struct {
	name string
	// time is the line's time: the columns, joined by blanks, in a layout; or seconds since 1970.
	columns, layout string
	levels          bool // the column Level is a level
}

var systems = []system{
	{"Android", "Date Time", "01-02 15:04:05.000", true},
	{"Apache", "Time", "Mon Jan 02 15:04:05 2006", true},
	{"BGL", "Timestamp", "epoch", true},
	{"HDFS", "Date Time", "060102 150405", true},
	{"HPC", "Time", "epoch", false},
	{"Hadoop", "Date Time", "2006-01-02 15:04:05,000", true},
	{"HealthApp", "Time", "20060102-15:4:5:000", false},
	{"Linux", "Month Date Time", "Jan 2 15:04:05", false},
	{"Mac", "Month Date Time", "Jan 2 15:04:05", false},
	{"OpenSSH", "Date Day Time", "Jan 2 15:04:05", false},
	{"OpenStack", "Date Time", "2006-01-02 15:04:05.000", true},
	{"Proxifier", "Time", "01.02 15:04:05", false},
	{"Spark", "Date Time", "06/01/02 15:04:05", true},
	{"Thunderbird", "Timestamp", "epoch", false},
	{"Windows", "Date Time", "2006-01-02 15:04:05", true},
	{"Zookeeper", "Date Time", "2006-01-02 15:04:05,000", true},
}

var clientInFront = regexp.MustCompile(`^\[client [^]]*\] `)

// levelNames are the level words of the systems, and Android's letters.
var levelNames = map[string]string{
	"V": "trace", "D": "debug", "I": "info", "W": "warn", "E": "error", "F": "fatal",
	"DEBUG": "debug", "INFO": "info", "Info": "info", "notice": "info", "WARN": "warn", "WARNING": "warn", "warn": "warn",
	"ERROR": "error", "error": "error", "SEVERE": "error", "FAILURE": "error", "FATAL": "fatal",
}

// rows reads a system's columns.
func (s *system) rows(t testing.TB) []row {
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "loghub2k", s.name+"_2k.structured.csv"))
	if err != nil {
		t.Skipf("no shared data: %v", err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]row, len(records)-1)
	for i, r := range records[1:] {
		rows[i] = row{}
		for k, name := range records[0] {
			rows[i][name] = r[k]
		}
	}
	return rows
}

func (s *system) lines(t testing.TB) [][]byte {
	return corpusLines(t, "loghub2k/"+s.name+"_2k.log", 2000)
}

// stated is the time that the columns of a line state.
func (s *system) stated(t *testing.T, r row) time.Time {
	var parts []string
	for _, c := range strings.Fields(s.columns) {
		parts = append(parts, r[c])
	}
	text := strings.Join(parts, " ")
	if s.layout == "epoch" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return time.Unix(n, 0).UTC()
	}
	if s.layout == "060102 150405" && len(text) < 13 { // the table has lost leading zeros
		text = strings.Repeat("0", 6-len(r["Date"])) + r["Date"] + " " + strings.Repeat("0", 6-len(r["Time"])) + r["Time"]
	}
	if i := strings.LastIndexByte(text, ':'); strings.Count(text, ":") == 3 { // 22:15:29:606
		ms, err := strconv.Atoi(text[i+1:])
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse("20060102-15:4:5", text[:i])
		if err != nil {
			t.Fatal(err)
		}
		return at.Add(time.Duration(ms) * time.Millisecond)
	}
	at, err := time.Parse(s.layout, text)
	if err != nil {
		t.Fatal(err)
	}
	if at.Year() == 0 {
		if at = at.AddDate(systemsNow.Year(), 0, 0); at.After(systemsNow.AddDate(0, 0, 1)) {
			at = at.AddDate(-1, 0, 0)
		}
	}
	return at
}

// Of the lines of 16 systems that state a time, a level or a message, 99 in 100 get what
// their columns state.
func TestSystemsGetWhatTheirColumnsState(t *testing.T) {
	t.Logf("%-12s %-24s %6s %6s %8s", "system", "formats", "time", "level", "message")
	for _, s := range systems {
		t.Run(s.name, func(t *testing.T) {
			rows := s.rows(t)
			lines := s.lines(t)
			p := New(Config{})
			times, levels, messages, shown := 0, 0, 0, 0
			formats := map[string]int{}
			for i, r := range rows {
				e := p.Parse(&pipeline.Line{ID: pipeline.LineID{Source: "h:/x", Generation: 1}, Raw: lines[i], Observed: systemsNow})
				formats[p.Format()]++
				have, want := e.EventTime(), s.stated(t, r)
				if s.layout == "epoch" { // whole seconds
					have = have.Truncate(time.Second)
				}
				content := []byte(strings.TrimSpace(r["Content"]))
				if s.name == "Apache" { // the client is a field of ours
					content = clientInFront.ReplaceAll(content, nil)
				}
				right := [3]bool{
					!e.TimeObserved && have.Equal(want),
					!s.levels || e.Severity.String() == levelNames[r["Level"]],
					bytes.Equal(bytes.TrimSpace(p.Message(lines[i])), content),
				}
				for k, n := range []*int{&times, &levels, &messages} {
					if right[k] {
						*n++
					} else if shown++; shown <= 12 {
						t.Logf("line %d: %s wrong: %v %s %q\n\twant %v %s %q\n\t%s", i+1, []string{"time", "level", "message"}[k], e.EventTime(), e.Severity, p.Message(lines[i]), want, r["Level"], content, lines[i])
					}
				}
			}
			t.Logf("%-12s %-24v %6d %6d %8d of %d", s.name, formats, times, levels, messages, len(rows))
			for name, n := range map[string]int{"time": times, "level": levels, "message": messages} {
				if n*100 < len(rows)*99 {
					t.Errorf("%s: right on %d of %d lines", name, n, len(rows))
				}
			}
		})
	}
}
