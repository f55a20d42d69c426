package query

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func words(line string) []string {
	var w []string
	Words([]byte(line), func(start, end int) bool {
		w = append(w, line[start:end])
		return true
	})
	return w
}

func TestWordsAreWhatGrepCallsWords(t *testing.T) {
	for _, c := range []struct {
		name, line string
		want       []string
	}{
		{"empty", "", nil},
		{"separators only", " .-:\x00\t", nil},
		{"plain", "GET /a_b?x=1", []string{"GET", "a_b", "x", "1"}},
		{"ends with the line", "connection refused", []string{"connection", "refused"}},
		{"letters of all scripts", "größe значение 日本 ١٢", []string{"größe", "значение", "日本", "١٢"}},
		{"typographic signs separate", "“error”… a—b a\u00a0b", []string{"error", "a", "b", "a", "b"}},
		{"bytes that are not UTF-8 separate", "a\xffb\xe2\x80c\xc3", []string{"a", "b", "c"}},
		{"signs at the end", "x😀", []string{"x"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, words(c.line)); d != "" {
				t.Error(d)
			}
		})
	}
	n := 0
	Words([]byte("a b c"), func(int, int) bool { n++; return n < 2 })
	if n != 2 {
		t.Errorf("after yield returned false it was called again: %d calls", n)
	}
}

func TestFoldIsOneFormForAllSpellings(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"short", "Error", "error"},
		{"long", "CONNECTION Refused [10.0.0.1]@Zz`{", "connection refused [10.0.0.1]@zz`{"},
		{"not ASCII after long ASCII", "ABCDEFGHIJÉÖ", "abcdefghijéö"},
		{"Kelvin sign and long s", "\u212aſ", "ks"},
		{"sigmas", "ΣΑΣ ΣΑς", "σασ σασ"},
		{"sharp s stays one letter", "STRAẞE straße", "straße straße"},
		{"dotless and dotted i are letters of their own", "ıİ", "ıİ"},
		{"no case", "日本語", "日本語"},
		{"bytes that are not UTF-8 are kept", "A\xffÉ\xc3", "a\xffé\xc3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if have := string(Fold(nil, []byte(c.text))); have != c.want {
				t.Errorf("want %q, have %q", c.want, have)
			}
		})
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		f := foldRune(r)
		if foldRune(f) != f {
			t.Fatalf("folding %U twice gives %U", r, foldRune(f))
		}
		if isWordRune(f) != isWordRune(r) {
			t.Fatalf("folding moves %U into or out of a word", r)
		}
		for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
			if foldRune(o) != f {
				t.Fatalf("%U and %U are equal in any case and fold to %U and %U", r, o, f, foldRune(o))
			}
		}
		if strings.ToLower(string(r)) == string(r) && r < utf8.RuneSelf && f != r {
			t.Fatalf("folding changes %q", r)
		}
	}
}

func FuzzFoldingALineFoldsEachOfItsWords(f *testing.F) {
	f.Add([]byte("A\xffÉ b\xc3"))
	f.Fuzz(func(t *testing.T, line []byte) {
		var apart, together [][]byte
		Words(line, func(start, end int) bool {
			apart = append(apart, Fold(nil, line[start:end]))
			return true
		})
		folded := Fold(nil, line)
		Words(folded, func(start, end int) bool {
			together = append(together, folded[start:end])
			return true
		})
		if d := cmp.Diff(apart, together); d != "" {
			t.Error(d)
		}
	})
}

// logLine is a line of the usual kind.
const logLine = `2024-05-01T12:00:00.123456Z web-17 api[4242]: level=WARN msg="Upstream timed out (110: Connection timed out)" client=203.0.113.77 request="GET /api/v1/items?id=123456" status=504 duration=1.204s`

func BenchmarkWords(b *testing.B) {
	line := []byte(logLine)
	b.SetBytes(int64(len(line)))
	n := 0
	for b.Loop() {
		Words(line, func(start, end int) bool { n += end - start; return true })
	}
}

func BenchmarkFold(b *testing.B) {
	for name, line := range map[string]string{"ascii": logLine, "cyrillic": strings.Repeat("Ошибка соединения ", 8), "han": strings.Repeat("连接超时", 16)} {
		b.Run(name, func(b *testing.B) {
			text := []byte(line)
			buffer := make([]byte, 0, 2*len(text))
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				buffer = Fold(buffer[:0], text)
			}
		})
	}
}

func BenchmarkFoldThenWords(b *testing.B) {
	line := []byte(logLine)
	buffer := make([]byte, 0, 2*len(line))
	b.SetBytes(int64(len(line)))
	n := 0
	for b.Loop() {
		buffer = Fold(buffer[:0], line)
		Words(buffer, func(start, end int) bool { n += end - start; return true })
	}
}
