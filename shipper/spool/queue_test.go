package spool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
)

func TestLinesArriveInOrderWithAnIdentity(t *testing.T) {
	q, sink := open(t, DefaultConfig(t.TempDir())), newSink()
	stop := start(t, q, sink)
	defer stop()
	seen := time.Now().Add(-time.Minute).Round(time.Millisecond)
	labels := []pipeline.Attr{{Key: "env", Value: "prod"}, {Key: "service", Value: "app"}}
	b := &Batch{Lines: lines("h:/a", "one", "two\nwith more", "")}
	for i := range b.Lines {
		b.Lines[i].Labels, b.Lines[i].Observed, b.Lines[i].Format, b.Lines[i].Zone = labels, seen, "json", "Europe/Berlin"
	}
	b.Lines[1].Truncated = true
	add(t, q, b)
	add(t, q, &Batch{Lines: lines("h:/a", "four")})
	drain(t, q)
	gen := sink.lines[0].ID.Generation
	if gen == 0 {
		t.Error("the generation is 0")
	}
	want := []pipeline.Line{
		{ID: pipeline.LineID{Source: "h:/a", Generation: gen, Offset: 0}, Raw: []byte("one"), Size: 4},
		{ID: pipeline.LineID{Source: "h:/a", Generation: gen, Offset: 4}, Raw: []byte("two\nwith more"), Size: 14, Truncated: true},
		{ID: pipeline.LineID{Source: "h:/a", Generation: gen, Offset: 18}, Raw: nil, Size: 1},
		{ID: pipeline.LineID{Source: "h:/a", Generation: gen, Offset: 19}, Raw: []byte("four"), Size: 5},
	}
	for i := range want[:3] {
		want[i].Labels, want[i].Observed, want[i].Format, want[i].Zone = labels, seen, "json", "Europe/Berlin"
	}
	have := append([]pipeline.Line(nil), sink.lines...)
	if age := time.Since(have[3].Observed); age < 0 || age > time.Minute {
		t.Errorf("observed %v ago", age)
	}
	have[3].Observed = time.Time{}
	if d := cmp.Diff(want, have, cmp.Comparer(func(a, b []byte) bool { return string(a) == string(b) })); d != "" {
		t.Errorf("lines (-want +have):\n%s", d)
	}
}

// What was not acknowledged is produced again with the same identity.
func TestWhatWasNotAcknowledgedIsProducedAgainWithTheSameIdentity(t *testing.T) {
	cfg := DefaultConfig(t.TempDir())
	sink := newSink()
	var want []string
	for round := range 4 {
		q := open(t, cfg)
		stop := start(t, q, sink)
		for i := range 50 {
			text := fmt.Sprintf("round %d line %d", round, i)
			want = append(want, text)
			add(t, q, &Batch{Lines: lines("h:/a", text)})
		}
		switch round {
		case 0:
			drain(t, q)
		case 1:
			sink.leave() // some may be under way
		case 2:
			sink.comeBack()
		}
		path := filepath.Join(cfg.Dir, checkpointName)
		saved, err := os.ReadFile(path)
		if round == 3 {
			drain(t, q)
		}
		stop()
		if err := q.Close(); err != nil {
			t.Fatal(err)
		}
		if err == nil { // as if the process had been killed before it saved
			os.WriteFile(path, saved, 0o600)
		} else {
			os.Remove(path)
		}
	}
	if d := cmp.Diff(want, sink.texts("h:/a")); d != "" {
		t.Errorf("lines (-want +have):\n%s", d)
	}
}

func TestAKeyThatIsRememberedIsNotAppendedAgain(t *testing.T) {
	cfg := DefaultConfig(t.TempDir())
	sink := newSink()
	b := &Batch{Key: [16]byte{1}, Name: "journal", Mark: "c1", Lines: lines("h:/a", "once")}
	q := open(t, cfg)
	add(t, q, b)
	for range 2 {
		if dup, err := q.Append(context.Background(), b); !dup || err != nil {
			t.Errorf("again: duplicate %v, error %v", dup, err)
		}
		q.Close()
		q = open(t, cfg)
		if mark := q.Mark("journal"); mark != "c1" {
			t.Errorf("mark %q after a restart, want c1", mark)
		}
	}
	add(t, q, &Batch{Key: [16]byte{2}, Lines: lines("h:/a", "twice")})
	stop := start(t, q, sink)
	drain(t, q)
	stop()
	if d := cmp.Diff([]string{"once", "twice"}, sink.texts("h:/a")); d != "" {
		t.Errorf("lines (-want +have):\n%s", d)
	}
}

func TestOneFolderBelongsToOneProcess(t *testing.T) {
	cfg := DefaultConfig(t.TempDir())
	open(t, cfg)
	if _, err := Open(cfg); !errors.Is(err, ErrLocked) {
		t.Errorf("want %v, have %v", ErrLocked, err)
	}
}

// A queue that goes on with another number of partitions sends what it holds to where each
// source is now, in order, with the same identities.
func TestGoingOnWithAnotherNumberOfPartitions(t *testing.T) {
	cfg := smallConfig(t)
	q, sink := open(t, cfg), newSink()
	stop := start(t, q, sink)
	var want [10][]string
	for i := range 100 {
		text := fmt.Sprint("line ", i)
		want[i%10] = append(want[i%10], text)
		add(t, q, &Batch{Lines: lines(fmt.Sprint("h:/", i%10), text)})
		if i == 30 {
			drain(t, q)
			sink.leave()
		}
	}
	stop() // as long as its grace lasts nothing is taken
	q.Close()
	sink.comeBack()
	sink.partitions = 7
	q = open(t, cfg)
	stop = start(t, q, sink)
	defer stop()
	drain(t, q)
	for i := range want {
		if d := cmp.Diff(want[i], sink.texts(fmt.Sprint("h:/", i))); d != "" {
			t.Errorf("source %d (-want +have):\n%s", i, d)
		}
	}
}
