package shipper

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"foghorn/shipper/identity"
)

// inode returns which file is at a path.
func (b *bench) inode(name string) identity.ID {
	b.t.Helper()
	f, err := identity.Stat(b.path(name))
	if err != nil {
		b.t.Fatal(err)
	}
	return f.ID
}

// reborn removes a file and makes another one that has its inode: file systems give a
// freed inode to a new file soon.
func (b *bench) reborn(name, text string) {
	b.t.Helper()
	old := b.inode(name)
	if err := os.Remove(b.path(name)); err != nil {
		b.t.Fatal(err)
	}
	for range 100 {
		b.put(name, []byte(text))
		if b.inode(name) == old {
			return
		}
		b.rename(name, fmt.Sprintf("kept %d", b.inode(name).Ino)) // the next one gets another inode
	}
	b.t.Skip("this file system does not give a freed inode to a new file")
}

func TestInodeReuseIsANewGeneration(t *testing.T) {
	t.Parallel()
	b := newBench(t, "app.log")
	b.write("app.log", "a1\na2\n")
	b.start()
	b.want("app.log", "a1", "a2")
	b.settled()
	b.end() // while it is open, its inode is not free
	b.reborn("app.log", "b1\n")
	b.start()
	b.exactly("app.log", 2, "a1", "a2", "b1")
}

func TestInodeOfARotatedFileThatANewFileOfAnotherSourceGetsIsThatSources(t *testing.T) {
	t.Parallel()
	b := newBench(t, "*.log")
	b.write("app.log", "a1\na2\n")
	b.start()
	b.want("app.log", "a1", "a2")
	b.settled()
	b.end()
	b.reborn("app.log", "b1\n")
	b.rename("app.log", "web.log")
	b.start()
	b.want("web.log", "b1")
	b.write("app.log", "a3\n")
	b.want("app.log", "a1", "a2", "a3")
	if n := b.sink.count(); n != 4 {
		t.Errorf("lines: want 4, have %d", n)
	}
}

func TestFileReplacedByAnotherOfTheSameSizeIsANewGeneration(t *testing.T) {
	t.Parallel()
	for _, down := range []bool{false, true} {
		for _, inPlace := range []bool{false, true} {
			t.Run(fmt.Sprintf("shipper down %v, same inode %v", down, inPlace), func(t *testing.T) {
				t.Parallel()
				b := newBench(t, "app.log")
				b.write("app.log", "a1\na2\n")
				b.start()
				b.want("app.log", "a1", "a2")
				b.settled()
				if down {
					b.end()
				}
				if inPlace {
					b.put("app.log", []byte("b1\nb2\n"))
				} else {
					b.put("new", []byte("b1\nb2\n"))
					b.rename("new", "app.log")
				}
				if down {
					b.start()
				}
				b.exactly("app.log", 2, "a1", "a2", "b1", "b2")
			})
		}
	}
}

func TestTwoNamesOfOneInodeAreShippedOnce(t *testing.T) {
	t.Parallel()
	t.Run("hard link", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, "*.log")
		b.write("app.log", "a1\n")
		if err := os.Link(b.path("app.log"), b.path("other.log")); err != nil {
			t.Fatal(err)
		}
		b.start()
		b.until("a1", func() bool { return b.sink.count() == 1 })
		b.write("other.log", "a2\n")
		b.exactly("app.log", 1, "a1", "a2")
		b.end()
		b.start()
		b.write("app.log", "a3\n")
		b.exactly("app.log", 1, "a1", "a2", "a3")
	})
	t.Run("symlink as in container log folders", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, "containers/*.log", "pods/*/*/*.log")
		for _, dir := range []string{"containers", "pods/ns_pod_uid/app"} {
			if err := os.MkdirAll(b.path(dir), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		link, file := "containers/pod_ns_app-0123.log", "pods/ns_pod_uid/app/0.log"
		b.write(file, "a1\n")
		if err := os.Symlink(b.path(file), b.path(link)); err != nil {
			t.Fatal(err)
		}
		b.start()
		b.until("a1", func() bool { return b.sink.count() == 1 })
		b.write(file, "a2\n")
		b.until("a2", func() bool { return b.sink.count() == 2 })
		b.rename(file, file+".20260102-030405")
		b.write(file, "b1\n")
		b.exactly("0.log", 2, "a1", "a2", "b1")
	})
	t.Run("only the symlink is named", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, "containers/*.log")
		for _, dir := range []string{"containers", "pods"} {
			if err := os.MkdirAll(b.path(dir), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		b.write("pods/0.log", "a1\n")
		if err := os.Symlink(b.path("pods/0.log"), b.path("containers/app.log")); err != nil {
			t.Fatal(err)
		}
		b.start()
		b.want("app.log", "a1")
		b.write("pods/0.log", "a2\n")
		b.rename("pods/0.log", "pods/0.log.20260102-030405")
		b.write("pods/0.log", "b1\n")
		b.exactly("app.log", 2, "a1", "a2", "b1")
	})
}

func TestRotationTwiceWhileTheShipperWasDown(t *testing.T) {
	eachPacker(t, func(t *testing.T, ext, glob string) {
		b := newBench(t, glob)
		b.write("app.log", "a1\n")
		b.start()
		b.want("app.log", "a1")
		b.settled()
		b.end()
		b.write("app.log", "a2\n")
		b.rename("app.log", "app.log.1")
		b.write("app.log", "b1\n")
		b.pack("app.log.1", ext)
		b.rename("app.log.1"+ext, "app.log.2"+ext)
		b.rename("app.log", "app.log.1")
		b.pack("app.log.1", ext)
		b.write("app.log", "c1\n")
		b.start()
		b.exactly("app.log", 3, "a1", "a2", "b1", "c1")
	})
}

// TestAFileOf10Bytes has nothing that a fingerprint of its first KiB could be told by but
// those bytes.
func TestAFileOf10Bytes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		rotate func(b *bench)
		want   []string
	}{
		{"grows", func(b *bench) { b.write("app.log", "b\n") }, []string{"123456789", "b"}},
		{"rename", func(b *bench) {
			b.rename("app.log", "app.log.1")
			b.write("app.log", "987654321\n")
		}, []string{"123456789", "987654321"}},
		{"rename and compress", func(b *bench) {
			b.rename("app.log", "app.log.1")
			b.pack("app.log.1", ".gz")
			b.write("app.log", "987654321\n")
		}, []string{"123456789", "987654321"}},
		{"copytruncate", func(b *bench) {
			b.copy("app.log", "app.log.1")
			b.truncate("app.log")
			b.write("app.log", "987654321\n")
		}, []string{"123456789", "987654321"}},
		{"replaced in place", func(b *bench) { b.put("app.log", []byte("987654321\n")) }, []string{"123456789", "987654321"}},
	} {
		for _, down := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, shipper down %v", c.name, down), func(t *testing.T) {
				t.Parallel()
				b := newBench(t, "app.log")
				b.write("app.log", "123456789\n")
				b.start()
				b.want("app.log", "123456789")
				b.settled()
				if down {
					b.end()
				}
				c.rotate(b)
				if down {
					b.start()
				}
				generations := 2
				if strings.HasPrefix(c.name, "grows") {
					generations = 1
				}
				b.exactly("app.log", generations, c.want...)
			})
		}
	}
}
