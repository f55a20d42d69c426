package tail

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
)

// readAll is what a Reader gives of a finished file.
func readAll(t *testing.T, b []byte, limit int, from int64) []Line {
	t.Helper()
	r, c := NewReader(limit), At(from)
	var out []Line
	for {
		lines, next, err := r.Next(bytes.NewReader(b), c)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, lines...)
		if next == c {
			break
		}
		c = next
	}
	if l, ok, err := r.Rest(bytes.NewReader(b), c); err != nil {
		t.Fatal(err)
	} else if ok {
		out = append(out, l)
	}
	return out
}

func streamAll(t *testing.T, r io.Reader, limit int, from int64) ([]Line, error) {
	t.Helper()
	s := NewStream(r, limit, from)
	var out []Line
	for {
		lines, err := s.Next()
		if out = append(out, lines...); err != nil {
			if l, ok := s.Rest(); ok {
				out = append(out, l)
			}
			return out, err
		}
	}
}

func TestStreamGivesTheLinesThatAReaderGives(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	piece := func(c byte, n int) []byte { return bytes.Repeat([]byte{c}, n) }
	for i := range 30 {
		limit := 1 + rnd.IntN(40)
		if i%6 == 0 {
			limit = 300_000
		}
		var text []byte
		for range rnd.IntN(60) {
			n := rnd.IntN(100)
			if rnd.IntN(20) == 0 {
				n = rnd.IntN(600_000)
			}
			text = append(text, piece("a\x00\n"[rnd.IntN(3)], n)...)
			if rnd.IntN(2) == 0 {
				text = append(text, "b\n"...)
			}
			if len(text) > 1_000_000 {
				break
			}
		}
		want := readAll(t, text, limit, 0)
		from := int64(0)
		if len(want) > 0 {
			k := rnd.IntN(len(want))
			from, want = want[k].Offset, want[k:]
		}
		have, err := streamAll(t, iotest.HalfReader(bytes.NewReader(text)), limit, from)
		if !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if len(want) != len(have) {
			t.Fatalf("text %d, limit %d: want %d lines, have %d", i, limit, len(want), len(have))
		}
		for k := range want {
			w, h := &want[k], &have[k]
			if w.Offset != h.Offset || w.Size != h.Size || w.Truncated != h.Truncated || !bytes.Equal(w.Raw, h.Raw) {
				t.Fatalf("text %d, limit %d, line %d: want offset %d size %d, %d bytes, cut %v; have %d %d %d %v", i, limit, k,
					w.Offset, w.Size, len(w.Raw), w.Truncated, h.Offset, h.Size, len(h.Raw), h.Truncated)
			}
		}
	}
}

func TestStreamGivesWhatStandsBeforeAnError(t *testing.T) {
	bad := errors.New("bad")
	have, err := streamAll(t, io.MultiReader(bytes.NewReader([]byte("one\ntwo\nhal")), iotest.ErrReader(bad)), 100, 4)
	if !errors.Is(err, bad) || len(have) != 2 || string(have[0].Raw) != "two" || string(have[1].Raw) != "hal" || have[1].End() != 11 {
		t.Errorf("lines %+v, error %v", have, err)
	}
	if have, err := streamAll(t, bytes.NewReader([]byte("short")), 100, 6); !errors.Is(err, io.ErrUnexpectedEOF) || have != nil {
		t.Errorf("passing over more than there is: lines %+v, error %v", have, err)
	}
}
