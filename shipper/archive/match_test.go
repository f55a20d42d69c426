package archive

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/shipper/identity"
)

func life(number uint64, text string, at, anchor int64) Life {
	head := text[:min(len(text), identity.HeadSize)]
	l := Life{Number: number, Head: identity.PrintOf(0, []byte(head)), At: at, Anchor: identity.PrintOf(anchor, []byte(text[anchor:at]))}
	if len(head) < identity.HeadSize {
		l.First = []byte(head)
	}
	return l
}

func trail(l Life, text string, from, to int64) Life {
	l.Trail = identity.Trail{identity.PrintOf(from, []byte(text[from:to]))}
	return l
}

func TestExamine(t *testing.T) {
	banner := string(bytes.Repeat([]byte("banner of the service\n"), 100))
	a, b := banner+"a1\na2\n", banner+"b1\nb2\n"
	n := int64(len(a))
	big := banner + string(noise(3_000_000))
	for _, c := range []struct {
		name string
		text string
		of   Life
		want map[uint64]Match
	}{
		{"all was read", a, life(1, a, n, n-3), map[uint64]Match{1: {Sure: true}}},
		{"more is there", a, life(1, a, n-3, n-6), map[uint64]Match{1: {More: true, Sure: true}}},
		{"nothing was read yet", a, life(1, a, 0, 0), map[uint64]Match{1: {More: true}}},
		{"another file that begins alike", b, life(1, a, n, n-3), map[uint64]Match{}},
		{"another beginning", "x" + a, life(1, a, n, n-3), map[uint64]Match{}},
		{"a copy that ends before what was read", a[:n-4], life(1, a, n, n-3), map[uint64]Match{1: {Short: true}}},
		{"10 bytes", "123456789\n", life(1, "123456789\n", 10, 0), map[uint64]Match{1: {Sure: true}}},
		{"a copy that ends before what was read, and holds a line", a[:n-4], trail(life(1, a, n, n-3), a, n-6, n-4), map[uint64]Match{1: {Short: true, Sure: true}}},
		{"another that ends before what was read", b[:n-4], trail(life(1, a, n, n-3), a, n-6, n-4), map[uint64]Match{}},
		{"a line that is in the trail and the anchor, and across the first KiB", big, trail(life(1, big, 1030, 1000), big, 1000, 1030), map[uint64]Match{1: {More: true, Sure: true}}},
		{"a copy of the first 5 of 10 bytes", "12345", life(1, "123456789\n", 10, 0), map[uint64]Match{1: {Short: true}}},
		{"it grew since", "12345\n6\n", life(1, "12345\n", 6, 0), map[uint64]Match{1: {More: true, Sure: true}}},
		{"nothing in it", "", life(1, "12345\n", 6, 0), map[uint64]Match{}},
		{"a large one", big, life(1, big, 2_500_000, 2_499_000), map[uint64]Match{1: {More: true, Sure: true}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.gz")
			if err := os.WriteFile(path, gz(t, []byte(c.text)), 0o644); err != nil {
				t.Fatal(err)
			}
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			turns, running := 0, 0
			have, err := Examine(f, []Life{life(9, "other\n", 6, 0), c.of}, func() (func(), error) {
				turns++
				running++
				return func() { running-- }, nil
			})
			if err != nil || have.Damage != nil || running != 0 {
				t.Fatalf("error %v, damage %v, %d turns not ended", err, have.Damage, running)
			}
			if d := cmp.Diff(c.want, have.Of); d != "" {
				t.Errorf("lives (-want +have):\n%s", d)
			}
			if want := c.text[:min(len(c.text), identity.HeadSize)]; string(have.First) != want || have.Head != identity.PrintOf(0, []byte(want)) {
				t.Errorf("first bytes: %q", have.First)
			}
			if c.name == "another beginning" && turns > 0 {
				t.Errorf("more than the first KiB was read of a file that nothing speaks for")
			}
		})
	}
}

func TestCopyOfALiveFileIsToldFromAnotherThatBeginsAlike(t *testing.T) {
	banner := string(bytes.Repeat([]byte("banner of the service\n"), 100))
	live := banner + string(noise(200_000))
	for _, c := range []struct {
		name, text string
		want       bool
	}{
		{"a copy", live, true},
		{"a copy from a moment ago", live[:100_000], true},
		{"begins alike", banner + "a1\n", false},
		{"is longer", live + "a1\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path, packed := filepath.Join(dir, "a"), filepath.Join(dir, "a.gz")
			for name, b := range map[string][]byte{path: []byte(live), packed: gz(t, []byte(c.text))} {
				if err := os.WriteFile(name, b, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			f, err := os.Open(packed)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			l := Life{Number: 1, Head: identity.PrintOf(0, []byte(live[:identity.HeadSize])), Live: path}
			have, err := Examine(f, []Life{l}, func() (func(), error) { return func() {}, nil })
			if _, ok := have.Of[1]; err != nil || ok != c.want {
				t.Errorf("want %v, have %v, error %v", c.want, ok, err)
			}
		})
	}
}

func TestExamineTellsDamageFromErrors(t *testing.T) {
	text := noise(3_000_000)
	packed := gz(t, text)
	path := filepath.Join(t.TempDir(), "a.gz")
	if err := os.WriteFile(path, packed[:len(packed)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l := life(1, string(text), int64(len(text)), 0)
	l.Anchor = identity.PrintOf(int64(len(text))-100, text[len(text)-100:])
	have, err := Examine(f, []Life{l}, func() (func(), error) { return func() {}, nil })
	if err != nil || !errors.Is(have.Damage, ErrShort) || !have.Of[1].Short {
		t.Errorf("facts %+v, error %v", have.Of, err)
	}
	stop := fmt.Errorf("stop")
	if _, err := Examine(f, []Life{l}, func() (func(), error) { return nil, stop }); !errors.Is(err, stop) {
		t.Errorf("error %v", err)
	}
}
