package shipper

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// backfill asks for patterns in the bench's folder and waits until all is shipped.
func (b *bench) backfill(globs ...string) Progress {
	b.t.Helper()
	for i := range globs {
		globs[i] = b.path(globs[i])
	}
	id, err := b.s.Backfill(globs)
	if err != nil {
		b.t.Fatal(err)
	}
	var p Progress
	b.until("backfill of "+strings.Join(globs, " "), func() bool {
		var ok bool
		if p, ok = b.s.BackfillProgress(id); !ok {
			b.t.Fatalf("backfill %d is not known", id)
		}
		return p.Finished
	})
	return p
}

// aged gives files a time in the past.
func (b *bench) aged(days int, names ...string) {
	b.t.Helper()
	for _, name := range names {
		at := time.Now().AddDate(0, 0, -days)
		if err := os.Chtimes(b.path(name), at, at); err != nil {
			b.t.Fatal(err)
		}
	}
}

func TestBackfillAndLiveNeverShipTheSameLineTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t, "app.log")
	b.write("app.log.3", "c1\nc2\n")
	b.aged(3, "app.log.3")
	b.pack("app.log.3", ".gz")
	b.write("app.log.2", "d1\n")
	b.aged(2, "app.log.2")
	b.pack("app.log.2", ".zst")
	b.write("app.log.1", "e1\ne2 unterminated")
	b.aged(1, "app.log.1")
	b.write("app.log", "f1\n")
	b.start()
	b.want("app.log", "f1")
	p := b.backfill("app.log*")
	want := Progress{Files: 4, Already: 1, Done: 4, Bytes: 27, Acked: 27, Lines: 5, Finished: true}
	if d := cmp.Diff(want, p); d != "" {
		t.Errorf("progress (-want +have):\n%s", d)
	}
	b.exactly("app.log", 4, "f1", "c1", "c2", "d1", "e1", "e2 unterminated")

	t.Run("again", func(t *testing.T) {
		p := b.backfill("app.log*")
		if want := (Progress{Files: 4, Already: 4, Done: 4, Finished: true}); !cmp.Equal(want, p) {
			t.Errorf("want %+v, have %+v", want, p)
		}
	})
	t.Run("after a rotation that compresses, and a restart", func(t *testing.T) {
		b.end()
		b.rename("app.log.3.gz", "app.log.4.gz")
		b.rename("app.log.2.zst", "app.log.3.zst")
		b.rename("app.log.1", "app.log.2")
		b.pack("app.log.2", ".gz")
		b.rename("app.log", "app.log.1")
		b.write("app.log", "g1\n")
		b.start()
		p := b.backfill("app.log*")
		if p.Files != 5 || p.Done != 5 || p.Problems != nil {
			t.Errorf("progress %+v", p)
		}
		b.exactly("app.log", 5, "f1", "c1", "c2", "d1", "e1", "e2 unterminated", "g1")
	})
	t.Run("the live file goes on", func(t *testing.T) {
		b.write("app.log", "g2\n")
		b.exactly("app.log", 5, "f1", "c1", "c2", "d1", "e1", "e2 unterminated", "g1", "g2")
	})
}

func TestBackfilledFileThatBecomesALiveOneIsNotShippedAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, "other.log")
	b.write("app.log", "a1\n")
	b.start()
	b.backfill("app.log")
	b.exactly("app.log", 1, "a1")
	b.end()
	b.cfg.Paths = []string{b.path("*.log")}
	b.write("app.log", "a2\n")
	b.start()
	b.exactly("app.log", 1, "a1", "a2")
	b.write("app.log", "a3\n")
	b.rename("app.log", "app.log.1")
	b.write("app.log", "b1\n")
	b.exactly("app.log", 2, "a1", "a2", "a3", "b1")
}

func TestBackfilledFileThatGrewIsShippedFromWhereItEnded(t *testing.T) {
	t.Parallel()
	b := newBench(t, "other.log")
	b.write("app.txt", "a1\n")
	b.start()
	b.backfill("*.txt")
	b.write("app.txt", "a2\n")
	b.backfill("*.txt")
	b.exactly("app.txt", 1, "a1", "a2")
}

// A file of which an older copy was compressed (gzip -k) has gone on since.
func TestBackfillShipsAFileToItsEndBesideACompressedCopyOfItsBeginning(t *testing.T) {
	t.Parallel()
	for _, ext := range packers {
		t.Run(ext, func(t *testing.T) {
			b := newBench(t, "other.log")
			b.write("copy", "a1\na2\n")
			b.pack("copy", ext)
			b.rename("copy"+ext, "app.log"+ext)
			b.aged(1, "app.log"+ext)
			b.write("app.log", "a1\na2\na3\n")
			b.start()
			b.backfill("app.log*")
			b.exactly("app.log", 1, "a1", "a2", "a3")
			b.write("app.log", "a4\n")
			b.backfill("app.log*")
			b.exactly("app.log", 1, "a1", "a2", "a3", "a4")
		})
	}
}

func TestBackfillGoesOnAfterAKillWhereItWas(t *testing.T) {
	t.Parallel()
	for _, ext := range append(packers, "") {
		t.Run("file"+ext, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "app.log")
			b.write("app.log", "live\n")
			var text strings.Builder
			want := []string{"live"}
			for i := range 20_000 {
				want = append(want, fmt.Sprintf("line %d %s", i, strings.Repeat("x", 100)))
				text.WriteString(want[len(want)-1] + "\n")
			}
			b.write("app.log.1", text.String())
			b.aged(1, "app.log.1")
			if ext != "" {
				b.pack("app.log.1", ext)
			}
			b.start()
			b.want("app.log", "live")
			for n := 1; n < 15_000; n = b.sink.count() {
				if _, err := b.s.Backfill([]string{b.path("app.log.*")}); err != nil {
					t.Fatal(err)
				}
				b.until("some lines more", func() bool { return b.sink.count() > n })
				b.kill()
				b.start()
			}
			b.backfill("app.log.*")
			b.exactly("app.log", 2, want...)
		})
	}
}

func TestBackfillTellsWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	b := newBench(t, "app.log")
	b.put("bad.log.1.gz", []byte("this is no archive"))
	b.aged(1, "bad.log.1.gz")
	b.write("good.log.1", "g1\n")
	b.aged(1, "good.log.1")
	b.start()
	p := b.backfill("*.log.*")
	if p.Files != 2 || p.Done != 2 || len(p.Problems) != 1 || !strings.Contains(p.Problems[0], b.path("bad.log.1.gz")) {
		t.Errorf("progress %+v", p)
	}
	b.want("good.log", "g1")
	for _, c := range []struct{ name, glob, want string }{
		{"none", "", "at least one"},
		{"relative", "app.log", "absolute"},
		{"malformed", "/var/[", "pattern"},
	} {
		globs := []string{c.glob}
		if c.glob == "" {
			globs = nil
		}
		if _, err := b.s.Backfill(globs); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want an error with %q, have %v", c.name, c.want, err)
		}
	}
}

func TestLiveFilesGoOnDuringABackfill(t *testing.T) {
	t.Parallel()
	b := newBench(t, "app.log")
	line := strings.Repeat("x", 99) + "\n"
	for i := range 8 {
		name := fmt.Sprintf("big.log.%d", i)
		b.write(name, strings.Repeat(fmt.Sprintf("%d ", i)+line, 100_000))
		b.aged(1, name)
	}
	b.write("app.log", "a1\n")
	b.start()
	b.want("app.log", "a1")
	id, err := b.s.Backfill([]string{b.path("big.log.*")})
	if err != nil {
		t.Fatal(err)
	}
	b.until("it has begun", func() bool { p, _ := b.s.BackfillProgress(id); return p.Lines > 0 })
	b.write("app.log", "a2\n")
	b.want("app.log", "a1", "a2")
	if p, _ := b.s.BackfillProgress(id); p.Finished {
		t.Error("the backfill was over before the live line came")
	}
}

func TestFilesOfABackfillGetThePathThatTheyHadBeforeTheirRotation(t *testing.T) {
	t.Parallel()
	b := newBench(t, "other.log")
	paths := map[string]string{
		"a.log.1":          "a.log",
		"b.log-20260102":   "b.log",
		"c-20260102.log":   "c-20260102.log", // there is no c.log
		"d.log":            "d.log",
		"d-20260102.log":   "d.log",
		"e.log.2026-01-02": "e.log",
	}
	for name := range paths {
		b.write(name, name+"\n")
		b.aged(1, name)
	}
	b.start()
	b.backfill("*")
	for name, want := range paths {
		if have := b.sink.texts(want); !contains(have, name) {
			t.Errorf("%s: want its line under %s, which has %q", name, want, have)
		}
	}
	if n := b.sink.count(); n != len(paths) {
		t.Errorf("lines: want %d, have %d", len(paths), n)
	}
}
