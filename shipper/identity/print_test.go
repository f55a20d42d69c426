package identity

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPrintHoldsUntilOneByteDiffers(t *testing.T) {
	text := strings.Repeat("0123456789", 300)
	for _, c := range []struct {
		name string
		have string
		want bool
	}{
		{"the same", text, true},
		{"longer", text + "more", true},
		{"another first byte", "x" + text[1:], false},
		{"another byte at the end of the head", text[:HeadSize-1] + "x" + text[HeadSize:], false},
		{"another byte behind the head", text[:HeadSize] + "x" + text[HeadSize+1:], true},
		{"shorter", text[:HeadSize-1], false},
		{"empty", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Head(strings.NewReader(text))
			if err != nil || p.Len != HeadSize {
				t.Fatalf("print %+v, error %v", p, err)
			}
			have, err := p.Holds(strings.NewReader(c.have))
			if err != nil || have != c.want {
				t.Errorf("want %v, have %v, error %v", c.want, have, err)
			}
		})
	}
}

func TestHeadGrowsWithTheFile(t *testing.T) {
	p, err := Head(strings.NewReader("abc"))
	if err != nil {
		t.Fatal(err)
	}
	text := "abc" + strings.Repeat("d", 5000)
	grown, ok, err := p.Grow(strings.NewReader(text))
	if err != nil || !ok || grown.Len != HeadSize {
		t.Errorf("grown %+v, ok %v, error %v", grown, ok, err)
	}
	if want, _ := Head(strings.NewReader(text)); grown != want {
		t.Errorf("want %+v, have %+v", want, grown)
	}
	if same, ok, err := p.Grow(strings.NewReader("abX" + text[3:])); ok || err != nil || same != p {
		t.Errorf("another file: print %+v, ok %v, error %v", same, ok, err)
	}
}

func TestSamePrefix(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789"), 50_000)
	changed := bytes.Clone(long)
	changed[len(changed)-1] = 'x'
	for _, c := range []struct {
		name string
		a, b []byte
		want bool
	}{
		{"equal", long, long, true},
		{"one is longer", long, long[:100_000], true},
		{"the last byte differs", long, changed, false},
		{"the first byte differs", []byte("abc"), []byte("bbc"), false},
		{"one is empty", long, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			have, err := SamePrefix(bytes.NewReader(c.a), bytes.NewReader(c.b), int64(len(c.a)), int64(len(c.b)))
			if err != nil || have != c.want {
				t.Errorf("want %v, have %v, error %v", c.want, have, err)
			}
		})
	}
}

func TestTwoNamesOfOneFileHaveOneID(t *testing.T) {
	dir := t.TempDir()
	a, link, sym, other := filepath.Join(dir, "a"), filepath.Join(dir, "link"), filepath.Join(dir, "sym"), filepath.Join(dir, "other")
	for _, p := range []string{a, other} {
		if err := os.WriteFile(p, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(a, link); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(a, sym); err != nil {
		t.Fatal(err)
	}
	id := func(p string) ID {
		f, err := Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		return f.ID
	}
	if id(a) != id(link) || id(a) != id(sym) || id(a) == id(other) {
		t.Errorf("ids: %v %v %v %v", id(a), id(link), id(sym), id(other))
	}
}
