package archive

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func TestPlain(t *testing.T) {
	for _, c := range []struct {
		path, want string
		ok         bool
	}{
		{"/var/log/app.log.1.gz", "/var/log/app.log.1", true},
		{"/var/log/app.log-20260102.zst", "/var/log/app.log-20260102", true},
		{"/var/log/app.log.bz2", "/var/log/app.log", true},
		{"/var/log/app.log", "/var/log/app.log", false},
		{"/var/log/app.log.xz", "/var/log/app.log.xz", false},
		{"/var/log/.gz", "/var/log/.gz", false},
	} {
		t.Run(c.path, func(t *testing.T) {
			have, ok := Plain(c.path)
			if have != c.want || ok != c.ok {
				t.Errorf("want %q %v, have %q %v", c.want, c.ok, have, ok)
			}
		})
	}
}

func gz(t testing.TB, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(text) // to memory: what fails shows at Close
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zst(t testing.TB, text []byte, opts ...zstd.EOption) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return z.EncodeAll(text, nil)
}

// hello is what bzip2 makes of "hello\nworld\n".
const hello = "425a68393141592653596b5fb1dd00000241800010064490802000310c0821a369080723ae878bb9229c284835afd8ee80"

func bz(t testing.TB) []byte {
	t.Helper()
	b, err := hex.DecodeString(hello)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func read(t *testing.T, name string, packed []byte) ([]byte, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, packed, 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := NewReader(f)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func noise(n int) []byte {
	b := make([]byte, n)
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range b {
		b[i] = "abcdefgh \n"[rnd.IntN(10)]
	}
	return b
}

func TestReader(t *testing.T) {
	text := noise(300_000)
	for _, c := range []struct {
		name, file string
		packed     []byte
		want       []byte
	}{
		{"gzip", "a.gz", gz(t, text), text},
		{"gzip of nothing", "a.gz", gz(t, nil), nil},
		{"gzip of several members", "a.gz", append(gz(t, text), gz(t, []byte("more"))...), append(bytes.Clone(text), "more"...)},
		{"zstd", "a.zst", zst(t, text), text},
		{"zstd of several frames", "a.zst", append(zst(t, text), zst(t, []byte("more"))...), append(bytes.Clone(text), "more"...)},
		{"bzip2", "a.bz2", bz(t), []byte("hello\nworld\n")},
		{"bzip2 of several streams", "a.bz2", append(bz(t), bz(t)...), []byte("hello\nworld\nhello\nworld\n")},
	} {
		t.Run(c.name, func(t *testing.T) {
			have, err := read(t, c.file, c.packed)
			if err != nil || !bytes.Equal(have, c.want) {
				t.Errorf("want %d bytes, have %d, error %v", len(c.want), len(have), err)
			}
		})
	}
}

func TestAllBeforeADamageIsGiven(t *testing.T) {
	text := noise(2_000_000)
	flip := func(b []byte, at int) []byte {
		b = bytes.Clone(b)
		b[at] ^= 0xff
		return b
	}
	half := func(b []byte) []byte { return b[:len(b)/2] }
	z, zs := gz(t, text), zst(t, text)
	for _, c := range []struct {
		name, file string
		packed     []byte
		want       error
		atLeast    int
	}{
		{"gzip cut short", "a.gz", half(z), ErrShort, len(text) / 3},
		{"gzip cut in its trailer", "a.gz", z[:len(z)-3], ErrShort, len(text)},
		{"zstd cut short", "a.zst", half(zs), ErrShort, len(text) / 4},
		{"bzip2 cut short", "a.bz2", half(bz(t)), ErrShort, 0},
		{"empty", "a.gz", nil, ErrShort, 0},
		{"gzip with a wrong checksum", "a.gz", flip(z, len(z)-6), ErrDamaged, len(text)},
		{"zstd with a wrong byte", "a.zst", flip(zs, len(zs)/2), ErrDamaged, 0},
		{"something behind the end", "a.gz", append(gz(t, text), "no archive at all"...), ErrDamaged, len(text)},
		{"another format than the name says", "a.gz", zs, ErrDamaged, 0},
		{"no format", "a.log", text, ErrDamaged, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			have, err := read(t, c.file, c.packed)
			if !errors.Is(err, c.want) || errors.Is(err, ErrShort) != errors.Is(c.want, ErrShort) {
				t.Errorf("want %v, have %v", c.want, err)
			}
			if len(have) < c.atLeast || !bytes.HasPrefix(text, have) {
				t.Errorf("%d bytes before it, want %d or more", len(have), c.atLeast)
			}
		})
	}
}

func TestAnErrorOfTheFileSystemIsNoDamage(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "*.gz")
	if err != nil {
		t.Fatal(err)
	}
	f.Close() // reading from it fails
	if _, err := NewReader(f); err == nil || errors.Is(err, ErrDamaged) {
		t.Errorf("have %v", err)
	}
}

// TestMemoryIsBoundedWhateverTheFileClaims inflates 512 MiB out of some KiB, and refuses a
// frame that claims a larger window than MaxWindow.
func TestMemoryIsBoundedWhateverTheFileClaims(t *testing.T) {
	bomb := bytes.Repeat(zst(t, make([]byte, 16<<20)), 32)
	path := filepath.Join(t.TempDir(), "bomb.zst")
	if err := os.WriteFile(path, bomb, 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n, err := io.Copy(io.Discard, r)
	runtime.ReadMemStats(&after)
	if err != nil || n != 512<<20 {
		t.Errorf("%d bytes, error %v", n, err)
	}
	if grown := int64(after.Sys) - int64(before.Sys); grown > 2*MaxWindow {
		t.Errorf("%d bytes inflated to %d took %d bytes of memory", len(bomb), n, grown)
	}

	// A frame header (RFC 8878, 3.1.1.1) with a window of 2 GiB.
	claim := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x01, 0x00, 0x00}
	if _, err := read(t, "claim.zst", claim); !errors.Is(err, ErrDamaged) {
		t.Errorf("a window of 2 GiB: %v", err)
	}
}
