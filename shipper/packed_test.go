package shipper

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/rs/zerolog"
)

var packers = []string{".gz", ".zst", ".bz2"}

// packed is what a program that compresses files makes of text.
func packed(t testing.TB, ext string, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var z io.WriteCloser
	var err error
	switch ext {
	case ".gz":
		z = gzip.NewWriter(&b)
	case ".zst":
		if z, err = zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1)); err != nil {
			t.Fatal(err)
		}
	case ".bz2":
		cmd := exec.Command("bzip2")
		cmd.Stdin, cmd.Stdout = bytes.NewReader(text), &b
		if err := cmd.Run(); err != nil {
			if errors.Is(err, exec.ErrNotFound) {
				t.Skip("no bzip2 here: its archives are not tested")
			}
			t.Fatal(err)
		}
		return b.Bytes()
	}
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pack compresses a file as gzip, zstd --rm and bzip2 do: beside it, with its time, and
// removes it.
func (b *bench) pack(name, ext string) {
	b.t.Helper()
	st, err := os.Stat(b.path(name))
	if err != nil {
		b.t.Fatal(err)
	}
	text, err := os.ReadFile(b.path(name))
	if err != nil {
		b.t.Fatal(err)
	}
	b.put(name+ext, packed(b.t, ext, text))
	if err := os.Chtimes(b.path(name+ext), st.ModTime(), st.ModTime()); err != nil {
		b.t.Fatal(err)
	}
	if err := os.Remove(b.path(name)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) put(name string, text []byte) {
	b.t.Helper()
	if err := os.WriteFile(b.path(name), text, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// exactly waits until all is acknowledged, and checks that a source has these lines of
// this many generations, and nothing was sent that is not among them.
func (b *bench) exactly(name string, generations int, lines ...string) {
	b.t.Helper()
	b.want(name, lines...)
	b.settled()
	if n := b.sink.count(); n != len(lines) {
		b.t.Errorf("lines: want %d, have %d: %v", len(lines), n, b.sink.all())
	}
	if g := b.sink.generations(name); len(g) != generations {
		b.t.Errorf("generations: want %d, have %v", generations, g)
	}
	if g := b.sink.gaps(); g != nil {
		b.t.Error(g)
	}
}

func eachPacker(t *testing.T, f func(t *testing.T, ext, glob string)) {
	t.Parallel()
	for _, ext := range packers {
		for _, glob := range []string{"app.log", "app.log*"} {
			t.Run(ext+" "+glob, func(t *testing.T) {
				t.Parallel()
				f(t, ext, glob)
			})
		}
	}
}

func TestRenamedAndCompressedWhileDownIsReadToItsEndFromTheArchive(t *testing.T) {
	eachPacker(t, func(t *testing.T, ext, glob string) {
		b := newBench(t, glob)
		b.write("app.log", "a1\n")
		b.start()
		b.want("app.log", "a1")
		b.settled()
		b.end()
		b.write("app.log", "a2\na3 unterminated")
		b.rename("app.log", "app.log.1")
		b.pack("app.log.1", ext)
		b.write("app.log", "b1\n")
		b.start()
		b.exactly("app.log", 2, "a1", "a2", "a3 unterminated", "b1")
		b.end()
		b.start()
		b.write("app.log", "b2\n")
		b.exactly("app.log", 2, "a1", "a2", "a3 unterminated", "b1", "b2")
	})
}

func TestMissedLivesThatWereCompressedAreShippedInOrder(t *testing.T) {
	eachPacker(t, func(t *testing.T, ext, glob string) {
		b := newBench(t, glob)
		b.write("app.log", "a1\n")
		b.start()
		b.want("app.log", "a1")
		b.settled()
		b.end()
		b.write("app.log", "a2\n")
		for i, text := range []string{"b1\nb2\n", "c1\n", "d1\n"} { // delaycompress: the newest is plain
			for k := i; k >= 1; k-- {
				if k == 1 {
					b.pack("app.log.1", ext)
				}
				b.rename(fmt.Sprintf("app.log.%d%s", k, ext), fmt.Sprintf("app.log.%d%s", k+1, ext))
			}
			b.rename("app.log", "app.log.1")
			b.write("app.log", text)
		}
		b.start()
		b.exactly("app.log", 4, "a1", "a2", "b1", "b2", "c1", "d1")
	})
}

func TestShippedGenerationIsNotReadAgainWhenItIsCompressed(t *testing.T) {
	eachPacker(t, func(t *testing.T, ext, glob string) {
		b := newBench(t, glob)
		b.write("app.log", "a1\na2\n")
		b.start()
		b.want("app.log", "a1", "a2")
		b.settled()
		b.rename("app.log", "app.log-20260102")
		b.pack("app.log-20260102", ext) // before a new file comes: it is the newest
		b.until("the file is missed", func() bool { g := b.first("app.log"); g.src.mu.Lock(); defer g.src.mu.Unlock(); return g.packed })
		b.write("app.log", "b1\n")
		b.exactly("app.log", 2, "a1", "a2", "b1")
		b.end()
		b.start()
		b.write("app.log", "b2\n")
		b.exactly("app.log", 2, "a1", "a2", "b1", "b2")
	})
}

func TestCopyTruncateAndCompressWhileDownReadsTheRestFromTheArchive(t *testing.T) {
	eachPacker(t, func(t *testing.T, ext, glob string) {
		b := newBench(t, glob)
		b.write("app.log", "a1\na2\n")
		b.start()
		b.want("app.log", "a1", "a2")
		b.settled()
		b.end()
		b.write("app.log", "a3\na4")
		b.copy("app.log", "app.log.1")
		b.truncate("app.log")
		b.pack("app.log.1", ext)
		b.write("app.log", "b1 which is longer than all of the old content\n")
		b.start()
		b.exactly("app.log", 2, "a1", "a2", "a3", "a4", "b1 which is longer than all of the old content")
	})
}

func TestCompressedCopyIsHeldBackWhileTheOriginalIsUntouched(t *testing.T) {
	eachPacker(t, func(t *testing.T, ext, glob string) {
		b := newBench(t, glob)
		b.write("app.log", "a1\na2\n")
		b.start()
		b.want("app.log", "a1", "a2")
		b.settled()
		b.end()
		b.write("app.log", "a3\n")
		text, err := os.ReadFile(b.path("app.log"))
		if err != nil {
			t.Fatal(err)
		}
		b.put("app.log.1"+ext, packed(t, ext, text)) // gzip -c app.log > app.log.1.gz
		b.start()
		b.exactly("app.log", 1, "a1", "a2", "a3")
		b.truncate("app.log")
		b.write("app.log", "b1\n")
		b.exactly("app.log", 2, "a1", "a2", "a3", "b1")
	})
}

func TestArchiveThatIsStillBeingWrittenIsWaitedFor(t *testing.T) {
	t.Parallel()
	b := newBench(t, "app.log")
	var text strings.Builder
	want := []string{"a1"}
	for i := range 5000 {
		want = append(want, fmt.Sprintf("a line that does not compress too well %d %x", i, i*i*7919))
		text.WriteString(want[len(want)-1] + "\n")
	}
	b.write("app.log", "a1\n")
	b.start()
	b.want("app.log", "a1")
	b.settled()
	b.end()
	whole := packed(t, ".gz", []byte("a1\n"+text.String()))
	if err := os.Remove(b.path("app.log")); err != nil {
		t.Fatal(err)
	}
	b.put("app.log.1.gz", whole[:len(whole)/2])
	b.start()
	write := func(part []byte) {
		f, err := os.OpenFile(b.path("app.log.1.gz"), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	half := whole[len(whole)/2:]
	for part := range slices.Chunk(half, len(half)/5) {
		n := b.exams()
		write(part)
		b.until("it was looked into", func() bool { return b.exams() > n })
	}
	b.exactly("app.log", 1, want...)
}

// exams is how often an archive was looked into.
func (b *bench) exams() int64 { return b.s.examined.Load() }

func TestDamagedArchiveIsWarnedOfAndWhatCanBeReadIsShipped(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		damage func(b []byte) []byte
	}{
		{"cut short", func(b []byte) []byte { return b[:len(b)*3/4] }},
		{"a wrong byte", func(b []byte) []byte { b[len(b)*3/4] ^= 0xff; return b }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, "*.log")
			var text strings.Builder
			for i := range 50_000 {
				fmt.Fprintf(&text, "line %d %x\n", i, i*i*7919)
			}
			b.write("app.log", "a1\n")
			b.write("other.log", "o1\n")
			b.start()
			b.want("app.log", "a1")
			b.want("other.log", "o1")
			b.settled()
			b.end()
			b.write("app.log", text.String())
			b.rename("app.log", "app.log.1")
			b.pack("app.log.1", ".gz")
			z, err := os.ReadFile(b.path("app.log.1.gz"))
			if err != nil {
				t.Fatal(err)
			}
			b.put("app.log.1.gz", c.damage(z))
			b.write("app.log", "b1\n")
			log := &syncBuffer{}
			b.startLog(zerolog.New(log))
			b.want("other.log", "o1")
			b.write("other.log", "o2\n")
			b.want("other.log", "o1", "o2")
			b.until("the next file", func() bool { return contains(b.sink.texts("app.log"), "b1") })
			b.until("a warning with path and offset", func() bool {
				return strings.Contains(log.String(), "damaged") && strings.Contains(log.String(), b.path("app.log.1.gz")) && strings.Contains(log.String(), "at offset ")
			})
			have := b.sink.texts("app.log")
			if len(have) < 20_000 || have[0] != "a1" || have[1000] != fmt.Sprintf("line %d %x", 999, 999*999*7919) {
				t.Errorf("%d lines, from %q", len(have), have[:min(3, len(have))])
			}
		})
	}
}

func TestCompressedLineOverTheLimitIsCutAsInAPlainFile(t *testing.T) {
	t.Parallel()
	b := newBench(t, "app.log")
	b.cfg.LineLimit = 1000
	long := strings.Repeat("x", 2_000_000)
	b.write("app.log", "a1\n")
	b.start()
	b.want("app.log", "a1")
	b.settled()
	b.end()
	b.write("app.log", long+"\na3\n"+long)
	b.rename("app.log", "app.log.1")
	b.pack("app.log.1", ".zst")
	b.start()
	b.exactly("app.log", 1, "a1", long[:1000], "a3", long[:1000])
}

func TestKilledWhileAnArchiveIsReadGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	b := newBench(t, "app.log")
	var text strings.Builder
	want := []string{"a1"}
	for i := range 20_000 {
		want = append(want, fmt.Sprintf("line %d %s", i, strings.Repeat("x", 100)))
		text.WriteString(want[len(want)-1] + "\n")
	}
	b.write("app.log", "a1\n")
	b.start()
	b.want("app.log", "a1")
	b.settled()
	b.end()
	b.write("app.log", text.String())
	b.rename("app.log", "app.log.1")
	b.pack("app.log.1", ".gz")
	b.write("app.log", "b1\n")
	for n := b.sink.count(); n < 15_000; n = b.sink.count() {
		b.start()
		b.until("some lines more", func() bool { return b.sink.count() > n })
		b.kill()
	}
	b.start()
	b.exactly("app.log", 2, append(want, "b1")...)
}

func TestCopiesThatAreCompressedOneRotationLaterAreNotShippedAgain(t *testing.T) {
	eachPacker(t, func(t *testing.T, ext, glob string) {
		for _, down := range []bool{false, true} {
			b := newBench(t, glob)
			b.write("app.log", "a1\na2\n")
			b.start()
			b.want("app.log", "a1", "a2")
			b.copy("app.log", "app.log.1")
			b.truncate("app.log")
			b.write("app.log", "b1\n")
			b.want("app.log", "a1", "a2", "b1")
			b.settled()
			if down {
				b.end()
			}
			b.rename("app.log.1", "app.log.2")
			b.copy("app.log", "app.log.1")
			b.truncate("app.log")
			b.pack("app.log.2", ext)
			b.write("app.log", "c1\n")
			if down {
				b.start()
			}
			b.exactly("app.log", 3, "a1", "a2", "b1", "c1")
		}
	})
}
