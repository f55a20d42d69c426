package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/indexer/search"
	"foghorn/pipeline"
)

// day is a memory with ten lines, one a second.
func day() *memory {
	m := &memory{coverage: search.Coverage{Complete: true}}
	var text strings.Builder
	for i := range 10 {
		fmt.Fprintf(&text, "line %d\n", i)
	}
	m.add("h", "/a.log", 1, []byte(text.String()))
	for i := range m.rows {
		m.rows[i].Service, m.rows[i].Severity = "shop", pipeline.SeverityWarn
		m.rows[i].Attrs = []pipeline.Attr{{Key: "k", Value: fmt.Sprint(i)}}
	}
	return m
}

func find(t *testing.T, m *memory, f Find) (stdout, stderr string, code int) {
	t.Helper()
	var out, errOut bytes.Buffer
	code = f.Run(context.Background(), serve(t, m), &out, &errOut, nil)
	return out.String(), errOut.String(), code
}

func TestSearchShowsTheNewestLinesOldestFirst(t *testing.T) {
	for _, tc := range []struct {
		name string
		find Find
		want string
		code int
	}{
		{"newest last", Find{Limit: 3}, "7 8 9", 0},
		{"all", Find{Limit: 100}, "0 1 2 3 4 5 6 7 8 9", 0},
		{"oldest", Find{Limit: 2, Order: "oldest"}, "0 1", 0},
		{"newest", Find{Limit: 2, Order: "newest"}, "9 8", 0},
		{"no limit", Find{Order: "oldest"}, "0 1 2 3 4 5 6 7 8 9", 0},
		{"a word", Find{Limit: 100, Query: "5"}, "5", 0},
		{"none", Find{Limit: 100, Query: "nowhere"}, "", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out, stderr, code := find(t, day(), tc.find)
			var have []string
			for line := range strings.Lines(out) {
				f := strings.Fields(line)
				have = append(have, f[len(f)-1])
			}
			if strings.Join(have, " ") != tc.want || code != tc.code || stderr != "" {
				t.Errorf("exit code %d, %q, have %v, want %s", code, stderr, have, tc.want)
			}
		})
	}
}

func TestSearchForPeopleAndForPrograms(t *testing.T) {
	m := day()
	at := time.Unix(1795334409, 0).Format(timeForm)
	if out, _, _ := find(t, m, Find{Limit: 1}); out != at+" h shop warn line 9\n" {
		t.Errorf("have %q", out)
	}
	if out, _, _ := find(t, m, Find{Limit: 1, Fields: true}); out != at+" h shop warn line 9  {k=9}\n" {
		t.Errorf("--fields: have %q", out)
	}
	if out, _, _ := find(t, m, Find{Limit: 1, Color: true}); out != at+" h shop \x1b[33mwarn\x1b[m line 9\n" {
		t.Errorf("colour: have %q", out)
	}
	out, _, _ := find(t, m, Find{Limit: 2, JSON: true})
	var hit struct {
		Line   string
		Fields map[string]string
	}
	lines := strings.SplitAfter(out, "\n")
	if err := json.Unmarshal([]byte(lines[0]), &hit); err != nil || hit.Line != "line 8" || hit.Fields["k"] != "8" || len(lines) != 3 {
		t.Errorf("--json: %v, have %s", err, out)
	}
}

// An event of several lines is one result: all its lines are shown as they are, behind what
// stands before the first, and in JSON as one object.
func TestSearchShowsAllLinesOfAnEvent(t *testing.T) {
	m := day()
	m.rows[9].Body = []byte("boom\n\tat a.B\x1b[31m\n\nCaused by: c")
	at := time.Unix(1795334409, 0).Format(timeForm)
	if out, _, _ := find(t, m, Find{Limit: 1}); out != at+" h shop warn boom\n\tat a.B\x1b[31m\n\nCaused by: c\n" {
		t.Errorf("have %q", out)
	}
	if out, _, _ := find(t, m, Find{Limit: 1, Terminal: true}); out != at+" h shop warn boom\n\tat a.B\\x1b[31m\n\nCaused by: c\n" {
		t.Errorf("on a terminal: have %q", out)
	}
	out, _, _ := find(t, m, Find{Limit: 1, JSON: true})
	var hit struct{ Line string }
	if err := json.Unmarshal([]byte(out), &hit); err != nil || hit.Line != string(m.rows[9].Body) || strings.Count(out, "\n") != 1 {
		t.Errorf("--json: %v, have %s", err, out)
	}
}

// A log line cannot drive a terminal.
func TestControlCharactersAreShown(t *testing.T) {
	m := &memory{coverage: search.Coverage{Complete: true}}
	m.add("h", "/a", 1, []byte("\x1b]0;title\x07 \xff \u009b31m ä\ttab\r\n"))
	out, _, _ := find(t, m, Find{Limit: 1, Terminal: true})
	if want := `\x1b]0;title\x07 \xff \xc2\x9b31m ä` + "\t" + `tab\x0d` + "\n"; !strings.HasSuffix(out, want) {
		t.Errorf("have %q, want %q", out, want)
	}
	out, _, _ = find(t, m, Find{Limit: 1})
	if want := "\x1b]0;title\x07 \xff \u009b31m ä\ttab\r\n"; !strings.HasSuffix(out, want) {
		t.Errorf("no terminal: have %q, want %q", out, want)
	}
}

func TestSearchRefuses(t *testing.T) {
	for _, tc := range []struct {
		find Find
		want string
	}{
		{Find{Query: "status:>=", Limit: 1}, "\n  status:>=\n           ^\n"},
		{Find{Limit: 0}, "--order"},
		{Find{Limit: maxHeld + 1}, "--order"},
		{Find{Limit: -1}, "below zero"},
		{Find{Limit: 1, Since: "soon"}, "--since"},
		{Find{Limit: 1, Order: "up"}, "oldest"},
	} {
		if out, stderr, code := find(t, day(), tc.find); code != ExitError || !strings.Contains(stderr, tc.want) || out != "" {
			t.Errorf("%+v: exit code %d, %q, want %q", tc.find, code, stderr, tc.want)
		}
	}
}

// notes is a Writer that tells what came.
type notes struct {
	mu   sync.Mutex
	text string
	news chan struct{}
}

func newNotes() *notes { return &notes{news: make(chan struct{}, 100)} }

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	n.text += string(p)
	n.mu.Unlock()
	n.news <- struct{}{}
	return len(p), nil
}

// wait returns the text once it has want in it.
func (n *notes) wait(t *testing.T, want string) string {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		n.mu.Lock()
		text := n.text
		n.mu.Unlock()
		if strings.Contains(text, want) {
			return text
		}
		select {
		case <-n.news:
		case <-deadline:
			t.Fatalf("have %q, want %q in it", text, want)
		}
	}
}

func TestTailShowsLinesAndConnectsAgain(t *testing.T) {
	m := day()
	m.lines = make(chan pipeline.Event, 10)
	m.lines <- m.rows[0].Event
	c := serve(t, m)
	ctx, cancel := context.WithCancel(context.Background())
	out, errOut := newNotes(), newNotes()
	done := make(chan int, 1)
	go func() { done <- (&Tail{Pause: time.Millisecond}).Run(ctx, c, out, errOut) }()
	if text := out.wait(t, "line 0"); text != time.Unix(1795334400, 0).Format(timeForm)+" h shop warn line 0\n" {
		t.Errorf("have %q", text)
	}
	lines := m.lines
	m.lines = make(chan pipeline.Event, 10)
	m.lines <- m.rows[1].Event
	close(lines) // the server ends the stream
	out.wait(t, "line 1")
	text := errOut.wait(t, "connected again")
	if !strings.Contains(text, "the connection was lost") || !strings.Contains(text, "foghorn search --since") {
		t.Errorf("have %q", text)
	}
	cancel()
	if code := <-done; code != ExitMatch {
		t.Errorf("exit code %d", code)
	}
}

func TestTailTellsOfDroppedLinesAndGivesJSON(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, ": heartbeat\n\nevent: line\ndata: {\"line\":\"x\",\"fields\":{\"a\":\"b\"}}\n\nevent: dropped\ndata: {\"dropped\":17}\n\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	ctx, cancel := context.WithCancel(context.Background())
	out, errOut := newNotes(), newNotes()
	done := make(chan int, 1)
	go func() { done <- (&Tail{JSON: true}).Run(ctx, clientOf(t, server), out, errOut) }()
	if text := out.wait(t, "\n"); text != `{"line":"x","fields":{"a":"b"}}`+"\n" {
		t.Errorf("have %q", text)
	}
	errOut.wait(t, "17 missed")
	cancel()
	<-done
}

func TestTailRefusesABadQuery(t *testing.T) {
	var stderr bytes.Buffer
	if code := (&Tail{Query: "(a"}).Run(context.Background(), serve(t, day()), &stderr, &stderr); code != ExitError || !strings.Contains(stderr.String(), "column") {
		t.Errorf("exit code %d, %q", code, &stderr)
	}
}

func someAnomalies() *memory {
	at := time.Date(2026, 11, 22, 8, 0, 0, 0, time.Local)
	resolved := at.Add(time.Hour)
	return &memory{coming: make(chan pipeline.Anomaly, 10), anomalies: []pipeline.Anomaly{
		{ID: "a1", Seq: 3, State: pipeline.AnomalyResolved, Rule: "sshd-bruteforce", Kind: "threshold", Title: "Many failed logins", Severity: "high",
			Group: map[string]string{"host": "web-1", "client.address": "10.0.0.9"}, Window: "1m0s", Value: 12, Threshold: ">= 10",
			Started: at, FirstSeen: at, LastSeen: at.Add(time.Minute), ResolvedAt: &resolved, Count: 42, Hosts: []string{"web-1"},
			Samples: []pipeline.Sample{{Source: "web-1:/var/log/auth.log", Line: "Failed password\x1b[31m"}},
			Summary: "42 failed logins from 10.0.0.9", Annotations: map[string]string{"summary": "s", "look at": "fail2ban"}, Query: `it's "x"`},
		{ID: "b2", Seq: 1, State: pipeline.AnomalyOpen, Rule: "oom", Kind: "pattern", Title: "Out of memory", Severity: "critical",
			Started: at.Add(time.Hour), FirstSeen: at, LastSeen: at.Add(time.Hour), Count: 1, Summary: "killed\nprocess"},
	}}
}

func TestAnomaliesTableDetailsAndJSON(t *testing.T) {
	c := serve(t, someAnomalies())
	show := func(a Anomalies) string {
		var out, stderr bytes.Buffer
		if code := a.Run(context.Background(), c, &out, &stderr); code != ExitMatch || stderr.Len() > 0 {
			t.Errorf("exit code %d, %s", code, &stderr)
		}
		return out.String()
	}
	const table = `STATE     SEVERITY  STARTED              LAST SEEN            COUNT  RULE             GROUP                               SUMMARY
resolved  high      2026-11-22 08:00:00  2026-11-22 08:01:00  42     sshd-bruteforce  client.address=10.0.0.9 host=web-1  42 failed logins from 10.0.0.9
firing    critical  2026-11-22 09:00:00  2026-11-22 09:00:00  1      oom                                                  killed process
`
	if d := cmp.Diff(table, show(Anomalies{})); d != "" {
		t.Errorf("(-want +have)\n%s", d)
	}
	const one = `RESOLVED  high  Many failed logins
  summary     42 failed logins from 10.0.0.9
  rule        sshd-bruteforce (threshold)
  group       client.address=10.0.0.9 host=web-1
  started     2026-11-22 08:00:00
  seen        2026-11-22 08:00:00 to 2026-11-22 08:01:00
  resolved    2026-11-22 09:00:00
  value       12 (threshold >= 10 in 1m0s)
  count       42
  hosts       web-1
  look at     fail2ban
  lines       foghorn search 'it'\''s "x"'
    web-1:/var/log/auth.log | Failed password\x1b[31m
  id          a1, event 3

`
	if d := cmp.Diff(one, show(Anomalies{Details: true, Query: AnomalyQuery{State: "resolved"}})); d != "" {
		t.Errorf("--details (-want +have)\n%s", d)
	}
	var v pipeline.Anomaly
	if err := json.Unmarshal([]byte(show(Anomalies{JSON: true, Query: AnomalyQuery{State: "firing"}})), &v); err != nil || v.ID != "b2" {
		t.Errorf("--json: %+v, %v", v, err)
	}
	var out, stderr bytes.Buffer
	if code := (&Anomalies{Query: AnomalyQuery{Rule: "none"}}).Run(context.Background(), c, &out, &stderr); code != ExitNone || out.Len()+stderr.Len() > 0 {
		t.Errorf("none: exit code %d, %s%s", code, &out, &stderr)
	}
	if code := (&Anomalies{Query: AnomalyQuery{Since: "soon"}}).Run(context.Background(), c, &out, &stderr); code != ExitError || !strings.Contains(stderr.String(), "--since") {
		t.Errorf("exit code %d, %s", code, &stderr)
	}
}

func TestFollowedAnomaliesAreShownOnce(t *testing.T) {
	m := someAnomalies()
	next := m.anomalies[1]
	next.Seq, next.State, next.Summary = 2, pipeline.AnomalyResolved, "over"
	m.coming <- m.anomalies[1] // known from the list
	m.coming <- next
	ctx, cancel := context.WithCancel(context.Background())
	out, errOut := newNotes(), newNotes()
	done := make(chan int, 1)
	go func() {
		done <- (&Anomalies{Follow: true, Pause: time.Millisecond}).Run(ctx, serve(t, m), out, errOut)
	}()
	text := out.wait(t, "over")
	cancel()
	if code := <-done; code != ExitMatch || strings.Count(text, "\n") != 3 || strings.Count(text, "oom") != 2 {
		t.Errorf("exit code %d, have\n%s", code, text)
	}
}
