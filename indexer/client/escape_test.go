package client

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"foghorn/indexer/search"
	"foghorn/pipeline"
)

// TestWhatLogsSayDoesNotDriveTheTerminal: texts that come out of logs, file names and
// groups among them, are escaped where people read them.
func TestWhatLogsSayDoesNotDriveTheTerminal(t *testing.T) {
	const evil = "\x1b]0;x\a"
	at := time.Unix(1795334400, 0)
	a := pipeline.Anomaly{
		ID: "a" + evil, Seq: 1, State: pipeline.AnomalyOpen, Rule: "r" + evil, Kind: "pattern" + evil, Title: evil, Severity: "high" + evil,
		Group: map[string]string{"user" + evil: evil}, Window: "1m" + evil, Threshold: ">= 1" + evil, Started: at, FirstSeen: at, LastSeen: at,
		Hosts: []string{evil}, Services: []string{evil}, ErrorClass: evil, Samples: []pipeline.Sample{{Source: evil, Line: evil}},
		Summary: evil, Annotations: map[string]string{"n" + evil: evil}, Query: "user:\"" + evil + "\"",
	}
	m := &memory{anomalies: []pipeline.Anomaly{a}, coming: make(chan pipeline.Anomaly)}
	c := serve(t, m)
	var out bytes.Buffer
	for _, f := range []Anomalies{{}, {Details: true}} {
		if code := f.Run(context.Background(), c, &out, &out); code != ExitMatch {
			t.Fatalf("exit code %d, %q", code, &out)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	follow := &cancelOn{"\n", cancel, &out}
	(&Anomalies{Follow: true, Pause: time.Millisecond}).Run(ctx, c, follow, follow)
	text, faulty := warning(search.Coverage{Gaps: []search.Gap{{Source: evil, To: 1}}},
		[]search.Damage{{File: evil, Reason: evil, Lines: 1}}, at)
	if out.WriteString(text); !faulty {
		t.Error("gaps and damage are no fault")
	}
	if !strings.Contains(out.String(), `\x1b]0;x\x07`) {
		t.Errorf("nothing is escaped in %q", &out)
	}
	for line := range strings.Lines(out.String()) {
		if strings.ContainsAny(line, "\x1b\a") {
			t.Errorf("%q", line)
		}
	}
}

// cancelOn cancels once it was given a text.
type cancelOn struct {
	text   string
	cancel func()
	out    *bytes.Buffer
}

func (w *cancelOn) Write(b []byte) (int, error) {
	if strings.Contains(string(b), w.text) {
		w.cancel()
	}
	return w.out.Write(b)
}
