//go:build linux

package tail

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func create(t *testing.T, text string) (*os.File, *os.File) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.log")
	w, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteString(text); err != nil {
		t.Fatal(err)
	}
	r, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close(); r.Close() })
	return w, r
}

func take(t *testing.T, l *Live) *Text {
	t.Helper()
	select {
	case line, ok := <-l.Lines():
		if !ok {
			t.Fatal("following has ended")
		}
		return line
	case <-time.After(10 * time.Second):
		t.Fatal("no line came")
	}
	return nil
}

func follow(t *testing.T, f *os.File, offset int64) *Live {
	t.Helper()
	l, err := Follow(f, offset)
	if errors.Is(err, ErrUnsupported) {
		t.Skip("the temporary folder is on a file system that Live does not follow")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Stop)
	return l
}

func TestLiveStaysWithTheFile(t *testing.T) {
	w, r := create(t, "skipped\none\n")
	l := follow(t, r, int64(len("skipped\n")))
	if have := take(t, l).Text; have != "one" {
		t.Errorf("want one, have %q", have)
	}
	steps := []struct {
		name string
		do   func() error
	}{
		{"append", func() error { return nil }},
		{"rename", func() error { return os.Rename(r.Name(), r.Name()+".1") }},
		{"remove", func() error { return os.Remove(r.Name() + ".1") }},
	}
	for i, s := range steps {
		if err := s.do(); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("line %d\r", i)
		fmt.Fprintf(w, "%s\n", want)
		if have := take(t, l).Text; have != want {
			t.Errorf("%s: want %q, have %q", s.name, want, have)
		}
	}
}

func TestLiveTellsOfTruncationBetweenTheLines(t *testing.T) {
	w, r := create(t, "one\ntwo\n")
	l := follow(t, r, 0)
	for _, want := range []string{"one", "two"} {
		if have := take(t, l).Text; have != want {
			t.Errorf("want %q, have %q", want, have)
		}
	}
	if err := w.Truncate(0); err != nil {
		t.Fatal(err)
	}
	if line := take(t, l); !errors.Is(line.Err, ErrTruncated) {
		t.Errorf("want %v, have %+v", ErrTruncated, line)
	}
	fmt.Fprintln(w, "new")
	if line := take(t, l); line.Err != nil || line.Text != "new" {
		t.Errorf("want new, have %+v", line)
	}
}

func TestStopReturnsWhenLinesWereNotTaken(t *testing.T) {
	_, r := create(t, "one\ntwo\nthree\n")
	l := follow(t, r, 0)
	take(t, l)
	l.Stop()
	if line, ok := <-l.Lines(); ok {
		t.Errorf("line after Stop: %+v", line)
	}
}
