package shipper

import (
	"os"
	"strings"
	"testing"
)

func TestLiveLines(t *testing.T) {
	b := newBench(t, "*.log")
	b.write("a.log", "one\n\r\n\n")
	b.start()
	b.want("a.log", "one", "\r", "")
	b.write("a.log", "two\x00\xff\nhalf")
	b.want("a.log", "one", "\r", "", "two\x00\xff")
	b.write("a.log", " done\n")
	b.want("a.log", "one", "\r", "", "two\x00\xff", "half done")
	b.write("b.log", "other\n")
	b.want("b.log", "other")
	if g := b.sink.gaps(); g != nil {
		t.Error(g)
	}
}

func TestRenameAndCreate(t *testing.T) {
	t.Parallel()
	for _, glob := range []string{"app.log", "app.log*"} {
		t.Run(glob, func(t *testing.T) {
			b := newBench(t, glob)
			b.write("app.log", "a1\na2\n")
			b.start()
			b.want("app.log", "a1", "a2")
			b.write("app.log", "a3\na4 unterminated")
			b.rename("app.log", "app.log.1")
			b.write("app.log", "b1\n")
			b.want("app.log", "a1", "a2", "a3", "a4 unterminated", "b1")
			b.rename("app.log.1", "app.log.2")
			b.rename("app.log", "app.log.1")
			b.write("app.log", "c1\n")
			b.want("app.log", "a1", "a2", "a3", "a4 unterminated", "b1", "c1")
			if g := b.sink.generations("app.log"); len(g) != 3 {
				t.Errorf("generations: %v", g)
			}
			if n := b.sink.count(); n != 6 {
				t.Errorf("lines: want 6, have %d", n)
			}
		})
	}
}

func TestRenamedWhileDown(t *testing.T) {
	t.Parallel()
	for _, glob := range []string{"app.log", "app.log*"} {
		t.Run(glob, func(t *testing.T) {
			b := newBench(t, glob)
			b.write("app.log", "a1\n")
			b.start()
			b.want("app.log", "a1")
			b.settled()
			b.end()
			b.write("app.log", "a2\n")
			b.rename("app.log", "app.log.1")
			b.write("app.log", "b1\n")
			b.rename("app.log.1", "app.log.2")
			b.rename("app.log", "app.log.1")
			b.write("app.log", "c1\n")
			b.start()
			b.want("app.log", "a1", "a2", "b1", "c1")
			if n := b.sink.dups; n != 0 {
				t.Errorf("lines sent twice: %d", n)
			}
		})
	}
}

func TestCopyTruncate(t *testing.T) {
	for _, glob := range []string{"app.log", "app.log*"} {
		t.Run(glob, func(t *testing.T) {
			b := newBench(t, glob)
			b.write("app.log", "a1\na2\n")
			b.start()
			b.want("app.log", "a1", "a2")
			b.copy("app.log", "app.log.1")
			b.truncate("app.log")
			b.write("app.log", "b1\n")
			b.want("app.log", "a1", "a2", "b1")
			b.rename("app.log.1", "app.log.2")
			b.copy("app.log", "app.log.1")
			b.truncate("app.log")
			b.write("app.log", "c1\nc2 longer than what was there before\n")
			b.want("app.log", "a1", "a2", "b1", "c1", "c2 longer than what was there before")
			b.settled()
			if n := b.sink.count(); n != 5 {
				t.Errorf("lines: want 5, have %d: %v", n, b.sink.all())
			}
			if g := b.sink.generations("app.log"); len(g) != 3 {
				t.Errorf("generations: %v", g)
			}
		})
	}
}

func TestCopyTruncateWhileDownReadsTheRestFromTheCopy(t *testing.T) {
	t.Parallel()
	for _, glob := range []string{"app.log", "app.log*"} {
		t.Run(glob, func(t *testing.T) {
			b := newBench(t, glob)
			b.write("app.log", "a1\na2\n")
			b.start()
			b.want("app.log", "a1", "a2")
			b.settled()
			b.end()
			b.write("app.log", "a3\na4")
			b.copy("app.log", "app.log.1")
			b.truncate("app.log")
			b.write("app.log", "b1 which is longer than all of the old content\n")
			b.start()
			b.want("app.log", "a1", "a2", "a3", "a4", "b1 which is longer than all of the old content")
			b.settled()
			if n := b.sink.count(); n != 5 {
				t.Errorf("lines: want 5, have %d: %v", n, b.sink.all())
			}
			if g := b.sink.generations("app.log"); len(g) != 2 {
				t.Errorf("generations: %v", g)
			}
		})
	}
}

func TestDeleteAndCreate(t *testing.T) {
	t.Parallel()
	b := newBench(t, "app.log")
	b.write("app.log", "same\n")
	b.start()
	b.want("app.log", "same")
	b.write("app.log", "last")
	if err := os.Remove(b.path("app.log")); err != nil {
		t.Fatal(err)
	}
	b.write("app.log", "same\n")
	b.want("app.log", "same", "last", "same")
	b.end()
	if err := os.Remove(b.path("app.log")); err != nil {
		t.Fatal(err)
	}
	b.write("app.log", "new, and longer than what was there\n")
	b.start()
	b.want("app.log", "same", "last", "same", "new, and longer than what was there")
}

func TestTruncateThatRegrowsPastTheOldOffset(t *testing.T) {
	b := newBench(t, "app.log")
	b.write("app.log", "a1\n")
	b.start()
	b.want("app.log", "a1")
	b.truncate("app.log")
	b.write("app.log", "b1\nb2\nb3\n")
	b.want("app.log", "a1", "b1", "b2", "b3")
}

func TestRenamedFileThatIsStillWritten(t *testing.T) {
	t.Parallel()
	b := newBench(t, "app.log")
	b.write("app.log", "a1\n")
	b.start()
	b.want("app.log", "a1")
	b.rename("app.log", "app.log.1")
	b.write("app.log", "b1\n")
	b.want("app.log", "a1", "b1")
	b.write("app.log.1", "late\n")
	b.want("app.log", "a1", "b1", "late")
	if g := b.sink.generations("app.log"); len(g) != 2 {
		t.Errorf("generations: %v", g)
	}
}

func TestLineOverTheLimit(t *testing.T) {
	b := newBench(t, "app.log")
	b.cfg.LineLimit = 1000
	long := strings.Repeat("x", 700_000)
	b.write("app.log", "a\n"+long+"\nb\n")
	b.start()
	b.want("app.log", "a", long[:1000], "b")
	b.write("app.log", long)
	b.write("app.log", long)
	b.write("app.log", "\nc\n")
	b.want("app.log", "a", long[:1000], "b", long[:1000], "c")
	if g := b.sink.gaps(); g != nil {
		t.Error(g)
	}
	if l := b.sink.all()[3]; !l.Truncated || l.Size != 1_400_001 {
		t.Errorf("truncated %v, size %d", l.Truncated, l.Size)
	}
}

func TestCopyIsHeldBackWhileTheOriginalIsUntouched(t *testing.T) {
	b := newBench(t, "app.log*")
	b.write("app.log", "a1\na2\n")
	b.start()
	b.want("app.log", "a1", "a2")
	b.copy("app.log", "app.log.1")
	b.until("copy is held", func() bool { return b.s.Status().Held == 1 })
	b.write("app.log", "a3\n")
	b.want("app.log", "a1", "a2", "a3")
	b.end()
	b.start()
	b.until("copy is held again", func() bool { return b.s.Status().Held == 1 })
	b.truncate("app.log")
	b.write("app.log", "b1\n")
	b.want("app.log", "a1", "a2", "a3", "b1")
	b.settled()
	if n := b.sink.count(); n != 4 {
		t.Errorf("lines: want 4, have %d", n)
	}
}

func TestFilesThatBeginAlikeAreBothShipped(t *testing.T) {
	b := newBench(t, "*.log")
	b.write("app.log", "started\n")
	b.write("web.log", "started\n")
	b.start()
	b.want("app.log", "started")
	b.want("web.log", "started")
}

func TestHoleLeftByAWriterWithoutAppend(t *testing.T) {
	b := newBench(t, "app.log")
	b.cfg.LineLimit = 1000
	f, err := os.Create(b.path("app.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	old := strings.Repeat("a\n", 50_000)
	write := func(text string) {
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	write(old)
	b.start()
	b.until("old lines", func() bool { return b.sink.count() == 50_000 })
	b.truncate("app.log")
	write("b1\nb2\n") // at the old offset: what is before it reads as NUL bytes
	b.until("new lines", func() bool { return b.sink.count() == 50_002 })
	if have := b.sink.texts("app.log")[50_000:]; have[0] != "b1" || have[1] != "b2" {
		t.Errorf("lines: %q", have)
	}
	if g := b.sink.gaps(); g != nil {
		t.Error(g)
	}
}

func TestLastLineOfARemovedFileIsShippedWhenNothingComesInItsPlace(t *testing.T) {
	t.Parallel()
	b := newBench(t, "app.log")
	b.write("app.log", "a1\nhalf")
	b.start()
	b.want("app.log", "a1")
	if err := os.Remove(b.path("app.log")); err != nil {
		t.Fatal(err)
	}
	b.want("app.log", "a1", "half")
}

func TestIdleFileIsWatched(t *testing.T) {
	t.Parallel()
	b := newBench(t, "app.log")
	b.cfg.IdleAfter = 1
	b.write("app.log", "a1\n")
	b.start()
	b.want("app.log", "a1")
	for _, c := range []struct {
		name string
		do   func()
		want []string
	}{
		{"append", func() { b.write("app.log", "a2\n") }, []string{"a1", "a2"}},
		{"rename and create", func() {
			b.write("app.log", "a3")
			b.rename("app.log", "app.log.1")
			b.write("app.log", "b1\n")
		}, []string{"a1", "a2", "a3", "b1"}},
		{"truncate", func() {
			b.truncate("app.log")
			b.write("app.log", "c1 is longer\n")
		}, []string{"a1", "a2", "a3", "b1", "c1 is longer"}},
	} {
		b.until("it is idle", func() bool { return b.s.Status().Active == 0 })
		c.do()
		b.want("app.log", c.want...)
	}
}

func TestWriterThatNeverNoticesTheRotationDoesNotHoldUpTheNewFile(t *testing.T) {
	t.Parallel()
	b := newBench(t, "app.log")
	b.write("app.log", "a1\n")
	b.start()
	b.want("app.log", "a1")
	b.rename("app.log", "app.log.1")
	b.write("app.log", "b1\n")
	written := 0
	b.until("the new file's line", func() bool {
		b.write("app.log.1", "late\n")
		written++
		return strings.Contains(strings.Join(b.sink.texts("app.log"), " "), "b1")
	})
	b.until("all late lines", func() bool { return b.sink.count() == written+2 })
	if g := b.sink.gaps(); g != nil {
		t.Error(g)
	}
}
