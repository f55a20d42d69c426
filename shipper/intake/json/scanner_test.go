package json

import (
	stdjson "encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// tree reads a value of any kind as encoding/json gives it.
func tree(s *Scanner) (any, error) {
	switch s.Kind() {
	case Object:
		m := map[string]any{}
		err := s.Object(func(name []byte) error {
			key := string(name)
			v, err := tree(s)
			m[key] = v
			return err
		})
		return m, err
	case Array:
		l := []any{}
		err := s.Array(func() error {
			v, err := tree(s)
			l = append(l, v)
			return err
		})
		return l, err
	case String:
		v, err := s.String()
		return string(v), err
	case Number:
		v, err := s.Number()
		return stdjson.Number(v), err
	case True, False:
		return s.Bool()
	}
	return nil, s.Skip()
}

func TestScannerReadsWhatTheStandardLibraryReads(t *testing.T) {
	for _, text := range []string{
		`{}`, `[]`, `null`, ` true `, `false`, `-12.5e+3`, `""`, `"a"`,
		`"\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00"`, `"\ud83d"`, `"\ud83d\u0041"`, `"\u0000"`,
		`"ends in a backslash \\"`, `"é漢😀"`,
		"{\"a\": [1, {\"b\": null}, \"c\\n\"],\n\t\"d\\\"e\": {\"f\": [[], {}]}}",
	} {
		var want any
		d := stdjson.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		skip := New([]byte(text), 8)
		if raw, err := skip.Raw(); err != nil || strings.TrimSpace(text) != string(raw) {
			t.Errorf("%s: skipping: %q, %v", text, raw, err)
		}
		s := New([]byte(text), 8)
		have, err := tree(s)
		if err == nil {
			err = s.Close()
		}
		if d := cmp.Diff(want, have); d != "" || err != nil {
			t.Errorf("%s: %v -want +have\n%s", text, err, d)
		}
	}
}

func TestScannerSaysWhereAndWhat(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{``, `byte 0: want a value, have the end`},
		{`{"a" 1}`, `byte 5: want ':', have '1'`},
		{`{"a":1 "b"`, `byte 7: want ',' or }, have '"'`},
		{`{a:1}`, `byte 1: want a string, have 'a'`},
		{`[1`, `byte 2: want ',' or ], have the end`},
		{`[1,]`, `byte 3: want a value, have ']'`},
		{`"abc`, `byte 0: the string does not end`},
		{`"a\`, `byte 0: the string does not end`},
		{`"\x"`, `byte 1: unknown escape \x`},
		{`"\u12g4"`, `byte 1: want four hex digits behind \u`},
		{`tru`, `byte 0: want true, have 't'`},
		{`1 2`, `byte 2: want the end, have '2'`},
		{`[[[[[[[[[1]]]]]]]]]`, `byte 8: nested too deeply: more than 8 levels`},
	} {
		s := New([]byte(c.text), 8)
		_, err := tree(s)
		if err == nil {
			err = s.Close()
		}
		if have := fmt.Sprint(err); have != c.want {
			t.Errorf("%s: %s, want %s", c.text, have, c.want)
		}
	}
	s := New([]byte(strings.Repeat("[", 20)), 8)
	if _, err := tree(s); !errors.Is(err, ErrDepth) {
		t.Errorf("have %v, want ErrDepth", err)
	}
}

func TestAppendString(t *testing.T) {
	for _, c := range []string{"", "plain", "\"\\\n\r\t\x00\x1f\x7f", "é漢😀", "bad \xff\xc3 bytes"} {
		var have string
		if err := stdjson.Unmarshal(AppendString(nil, []byte(c)), &have); err != nil {
			t.Fatal(err)
		}
		if want := strings.ToValidUTF8(strings.ReplaceAll(c, "\xff\xc3", "\ufffd\ufffd"), "\ufffd"); have != want {
			t.Errorf("have %q, want %q", have, want)
		}
	}
}

// No input makes the scanner panic, and what encoding/json reads is read the same way.
func FuzzScanner(f *testing.F) {
	f.Add([]byte(`{"a":[1,"\ud83d\ude00",{"b":null}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		original := string(text)
		skip := New([]byte(original), 64)
		skipped := skip.Skip()
		s := New(text, 64)
		have, err := tree(s)
		if err == nil {
			err = s.Close()
		}
		if err == nil && skipped != nil {
			t.Errorf("%q can be read but not skipped: %v", original, skipped)
		}
		var want any
		d := stdjson.NewDecoder(strings.NewReader(original))
		d.UseNumber()
		// Bytes that are not UTF-8 stay as they are here, and do not there.
		if !stdjson.Valid([]byte(original)) || !utf8.ValidString(original) || d.Decode(&want) != nil || errors.Is(err, ErrDepth) {
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", original, err)
		}
		a, _ := stdjson.Marshal(want)
		b, _ := stdjson.Marshal(have)
		if string(a) != string(b) {
			t.Errorf("%q: have %s, want %s", original, b, a)
		}
	})
}
