package wire

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func show(b []byte) string {
	var out []string
	r := Read(b)
	for r.Next() {
		if r.Type == Bytes {
			out = append(out, fmt.Sprintf("%d:%q", r.Number, r.Data))
		} else {
			out = append(out, fmt.Sprintf("%d/%d:%d", r.Number, r.Type, r.Value))
		}
	}
	if r.Err != nil {
		out = append(out, r.Err.Error())
	}
	return strings.Join(out, " ")
}

func TestReader(t *testing.T) {
	for _, c := range []struct{ name, message, want string }{
		{"empty", "", ""},
		{"each type", "\x08\x96\x01\x11\x01\x00\x00\x00\x00\x00\x00\x80\x1a\x02hi\x25\x02\x00\x00\x00", `1/0:150 2/1:9223372036854775809 3:"hi" 4/5:2`},
		{"a large number", "\xfa\x07\x00", `127:""`},
		{"number 0", "\x00\x01", ErrMalformed.Error()},
		{"a group", "\x0b\x0c", ErrMalformed.Error()},
		{"no value", "\x08", ErrMalformed.Error()},
		{"half a varint", "\x08\x80", ErrMalformed.Error()},
		{"a varint of 11 bytes", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", ErrMalformed.Error()},
		{"half of eight bytes", "\x11\x01", ErrMalformed.Error()},
		{"half of four bytes", "\x25\x01", ErrMalformed.Error()},
		{"fewer bytes than told", "\x0a\x03ab", ErrMalformed.Error()},
		{"more bytes than there are numbers", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", ErrMalformed.Error()},
	} {
		if have := show([]byte(c.message)); have != c.want {
			t.Errorf("%s: have %s, want %s", c.name, have, c.want)
		}
	}
}

func TestAppend(t *testing.T) {
	b := AppendBytes(AppendVarint(nil, 1, 150), 20, "hi")
	if have := show(AppendVarint(AppendBytes(b, 3, ""), 4, 0)); have != `1/0:150 20:"hi"` {
		t.Errorf("have %s", have)
	}
}

// No bytes make the reader panic, and all of them are read or an error is told.
func FuzzReader(f *testing.F) {
	f.Add([]byte("\x08\x96\x01\x11\x01\x00\x00\x00\x00\x00\x00\x80\x1a\x02hi\x25\x02\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := Read(b)
		for r.Next() {
		}
		if r.Err == nil && r.at != len(r.message) || r.Err != nil && !errors.Is(r.Err, ErrMalformed) {
			t.Errorf("%d bytes left, %v", len(r.message)-r.at, r.Err)
		}
	})
}
