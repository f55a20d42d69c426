package shipper

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

// overtaken writes a1 to a file, renames it, and goes on writing to it until the shipper
// takes it for finished.
func overtaken(t *testing.T, b *bench) (write func(text string)) {
	t.Helper()
	b.write("app.log", "a1\n")
	b.start()
	b.want("app.log", "a1")
	f, err := os.OpenFile(b.path("app.log"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	b.rename("app.log", "app.log.1")
	b.write("app.log", "b1\n")
	write = func(text string) {
		t.Helper()
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	b.until("the renamed file is finished", func() bool {
		write("x\n")
		g := b.first("app.log")
		g.src.mu.Lock()
		defer g.src.mu.Unlock()
		return g.done
	})
	return write
}

func contains(lines []string, want string) bool {
	for _, l := range lines {
		if l == want {
			return true
		}
	}
	return false
}

func TestHalfLineOfAFinishedFileIsShippedAfterARestart(t *testing.T) {
	t.Parallel()
	b := newBench(t, "app.log*")
	write := overtaken(t, b)
	write("half")
	b.until("the half line was seen", func() bool {
		g := b.first("app.log")
		g.src.mu.Lock()
		defer g.src.mu.Unlock()
		return g.searched == g.at()+int64(len("half"))
	})
	b.end()
	if contains(b.sink.texts("app.log"), "half") {
		t.Skip("the machine was too slow: it was taken before the stop")
	}
	b.start()
	b.until("the half line comes", func() bool { return contains(b.sink.texts("app.log"), "half") })
}

func TestWriterOfARenamedFileOutsideThePatternsIsHeardAfterARestart(t *testing.T) {
	t.Parallel()
	b := newBench(t, "app.log")
	write := overtaken(t, b)
	b.end()
	write("while down\n")
	b.start()
	b.until("the line comes", func() bool { return contains(b.sink.texts("app.log"), "while down") })
}

func TestPipeInPlaceOfAFileHoldsNothingUp(t *testing.T) {
	t.Parallel()
	b := newBench(t, "*.log")
	b.write("app.log", "a1\n")
	b.start()
	b.want("app.log", "a1")
	b.end()
	b.rename("app.log", "kept") // so that the pipe does not get its inode
	if err := syscall.Mkfifo(b.path("app.log"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // let a reader that waits go, whatever happens
		if f, err := os.OpenFile(b.path("app.log"), os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
			f.Close()
		}
	})
	b.write("other.log", "o1\n")
	b.start()
	b.want("other.log", "o1")
	b.write("other.log", "o2\n")
	b.want("other.log", "o1", "o2")
	b.write("third.log", "t1\n")
	b.want("third.log", "t1")
}

func TestFinishedFileThatIsUsedAgainWithTheSameBannerIsNew(t *testing.T) {
	t.Parallel()
	b := newBench(t, "app.log")
	banner := strings.Repeat("banner of the service\n", 60)
	b.write("app.log", banner+"a1\na2\na3\n")
	b.start()
	b.until("a", func() bool { return contains(b.sink.texts("app.log"), "a3") })
	b.rename("app.log", "app.log.1")
	b.write("app.log", "b1\n")
	b.until("b", func() bool { return contains(b.sink.texts("app.log"), "b1") })
	b.settled()
	b.end()
	if err := os.Remove(b.path("app.log")); err != nil {
		t.Fatal(err)
	}
	b.truncate("app.log.1")
	b.write("app.log.1", banner+"c1\n")
	b.rename("app.log.1", "app.log") // stands for a new file that got the old one's inode
	b.start()
	b.until("c", func() bool { return contains(b.sink.texts("app.log"), "c1") })
}

func TestNamesThatAreNotUTF8KeepTheirIdentityAcrossARestart(t *testing.T) {
	t.Parallel()
	b := newBench(t, "*.log")
	b.write("caf\xe9.log", "a1\n")
	b.start()
	b.want("caf\xe9.log", "a1")
	b.settled()
	b.end()
	b.write("caf\xe9.log", "a2\n")
	b.start()
	b.until("a2", func() bool { return b.sink.count() == 2 })
	b.want("caf\xe9.log", "a1", "a2")
}

func TestNewFileBesideALiveOneIsNotTakenForARotationOfIt(t *testing.T) {
	t.Parallel()
	b := newBench(t, "*.log")
	b.write("app.log", "a1\n")
	b.start()
	b.want("app.log", "a1")
	b.write("app-2.log", "b1\n")
	b.until("b1", func() bool { return b.sink.count() == 2 })
	b.want("app-2.log", "b1")
	b.write("app-2.log", "b2\n")
	b.want("app-2.log", "b1", "b2")
}

func TestCopyInTheInodeOfAnOlderCopyIsFound(t *testing.T) {
	t.Parallel()
	for _, glob := range []string{"app.log", "app.log*"} {
		t.Run(glob, func(t *testing.T) {
			b := newBench(t, glob)
			b.write("app.log", "a1\n")
			b.start()
			b.want("app.log", "a1")
			b.copy("app.log", "app.log.1")
			b.truncate("app.log")
			want := []string{"a1", "b1"}
			b.write("app.log", "b1\n")
			b.want("app.log", want...)
			for i := range 5 {
				b.settled()
				old, fresh := fmt.Sprintf("old %d", i), fmt.Sprintf("fresh %d, which is longer than what was there before%s", i, strings.Repeat(".", 20*i))
				b.write("app.log", old+"\n")
				b.copy("app.log", "app.log.1") // over the older one
				b.truncate("app.log")
				b.write("app.log", fresh+"\n")
				want = append(want, old, fresh)
				b.want("app.log", want...)
			}
		})
	}
}
