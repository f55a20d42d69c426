package tail

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// all reads what r has, and the unterminated rest too.
func all(t *testing.T, rd *Reader, text string) []Line {
	t.Helper()
	r := strings.NewReader(text)
	var lines []Line
	for c := At(0); ; {
		got, next, err := rd.Next(r, c)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, got...)
		if next == c {
			l, ok, err := rd.Rest(r, c)
			if err != nil {
				t.Fatal(err)
			}
			if ok {
				lines = append(lines, l)
			}
			return lines
		}
		c = next
	}
}

func TestReader(t *testing.T) {
	nul := strings.Repeat("\x00", 300_000)
	x := strings.Repeat("x", 300_000)
	line := func(off, size int64, raw string, cut bool) Line {
		return Line{Offset: off, Size: size, Raw: []byte(raw), Truncated: cut}
	}
	for _, c := range []struct {
		name  string
		limit int
		text  string
		want  []Line
	}{
		{"empty file", 10, "", nil},
		{"one line", 10, "abc\n", []Line{line(0, 4, "abc", false)}},
		{"empty lines are lines", 10, "\n\na\n", []Line{line(0, 1, "", false), line(1, 1, "", false), line(2, 2, "a", false)}},
		{"carriage return, NUL and bytes that are not UTF-8 stay", 10, "a\r\n\x00\xff\n", []Line{line(0, 3, "a\r", false), line(3, 3, "\x00\xff", false)}},
		{"unterminated last line", 10, "a\nbc", []Line{line(0, 2, "a", false), line(2, 2, "bc", false)}},
		{"exactly the limit", 3, "abc\nd\n", []Line{line(0, 4, "abc", false), line(4, 2, "d", false)}},
		{"one over the limit", 3, "abcd\ne\n", []Line{line(0, 5, "abc", true), line(5, 2, "e", false)}},
		{"over the limit and the buffer", 3, x + "\ne\n", []Line{line(0, 300_001, "xxx", true), line(300_001, 2, "e", false)}},
		{"over the limit, unterminated", 3, "a\n" + x, []Line{line(0, 2, "a", false), line(2, 300_000, "xxx", true)}},
		{"text behind a hole", 3, nul + "text\ne\n", []Line{line(0, 300_005, "tex", true), line(300_005, 2, "e", false)}},
		{"text behind a small hole", 3, "\x00\x00\x00t\ne\n", []Line{line(0, 5, "t", true), line(5, 2, "e", false)}},
		{"nothing but NUL", 3, nul + "\n", []Line{line(0, 300_001, "\x00\x00\x00", true)}},
		{"few NUL", 3, "\x00\x00" + x + "\n", []Line{line(0, 300_003, "\x00\x00x", true)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, all(t, NewReader(c.limit), c.text)); d != "" {
				t.Errorf("lines (-want +have):\n%s", d)
			}
		})
	}
}

func TestReaderReturnsChunksOfBoundedLines(t *testing.T) {
	text := strings.Repeat("\n", 100_000)
	got, next, err := NewReader(10).Next(strings.NewReader(text), At(0))
	if err != nil || len(got) != MaxLines || next != At(MaxLines) {
		t.Errorf("%d lines, next %+v, error %v", len(got), next, err)
	}
}

// FuzzReader compares a Reader with splitting the bytes at line feeds.
func FuzzReader(f *testing.F) {
	f.Add([]byte("a\nbb\n\nccc"), uint8(2))
	f.Add(bytes.Repeat([]byte("abc\n"), 100), uint8(0))
	f.Add([]byte("\x00\x00\x00\x00\x00a\nb"), uint8(3))
	f.Fuzz(func(t *testing.T, text []byte, limit uint8) {
		rd := &Reader{limit: int64(limit) + 1, buf: make([]byte, int(limit)+2+rand.IntN(8))}
		next := int64(0)
		for _, l := range all(t, rd, string(text)) {
			whole := text[l.Offset:l.End()]
			if l.Offset != next {
				t.Fatalf("line at %d: want offset %d", l.Offset, next)
			}
			next = l.End()
			whole, ended := bytes.CutSuffix(whole, []byte("\n"))
			if !ended && next != int64(len(text)) {
				t.Fatalf("line at %d has no end", l.Offset)
			}
			if bytes.IndexByte(whole, '\n') >= 0 {
				t.Fatalf("line at %d holds a line feed", l.Offset)
			}
			if l.Truncated != (int64(len(whole)) > rd.limit) {
				t.Fatalf("line at %d of %d bytes: truncated %v", l.Offset, len(whole), l.Truncated)
			}
			if want := whole[:min(int64(len(whole)), rd.limit)]; !bytes.Equal(l.Raw, want) {
				behind := bytes.TrimLeft(whole, "\x00")
				if want = behind[:min(int64(len(behind)), rd.limit)]; !bytes.Equal(l.Raw, want) {
					t.Fatalf("line at %d: want %q, have %q", l.Offset, want, l.Raw)
				}
			}
		}
		if next != int64(len(text)) {
			t.Fatalf("ended at %d of %d", next, len(text))
		}
	})
}

func BenchmarkReader(b *testing.B) {
	text := bytes.Repeat([]byte(strings.Repeat("x", 119)+"\n"), 1<<16)
	rd, src := NewReader(1<<20), bytes.NewReader(text)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		for c := At(0); ; {
			_, next, err := rd.Next(src, c)
			if err != nil {
				b.Fatal(err)
			}
			if next == c {
				break
			}
			c = next
		}
	}
}
