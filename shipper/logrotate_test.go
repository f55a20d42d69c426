package shipper

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// logrotatePath finds logrotate, which is not in every user's path.
func logrotatePath(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"logrotate", "/usr/sbin/logrotate"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("logrotate is not installed: what it does to files is tested without it only")
	return ""
}

// TestLogrotateLosesNothingAndSendsNothingTwice has the real logrotate rotate a file while
// lines are written to it. As daemons do, the writer opens the new file when the postrotate
// script tells it to, which is before the old one is compressed: what is written to that
// later, or between the copying and the truncation, logrotate destroys itself.
func TestLogrotateLosesNothingAndSendsNothingTwice(t *testing.T) {
	program := logrotatePath(t)
	const rotations = 8
	for _, mode := range []string{"create", "copytruncate"} {
		for _, compress := range []string{"nocompress", "compress", "compress\n\tdelaycompress"} {
			name := mode + " " + strings.Join(strings.Fields(compress), " ")
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				b := newBench(t, "app.log")
				b.cfg.ScanInterval = DefaultConfig().ScanInterval
				if err := os.Chmod(b.dir, 0o700); err != nil { // it refuses folders that others can write to
					t.Fatal(err)
				}
				conf, state := filepath.Join(t.TempDir(), "conf"), filepath.Join(t.TempDir(), "state")
				reopen := filepath.Join(t.TempDir(), "reopen")
				text := fmt.Sprintf("%s {\n\trotate %d\n\t%s\n\t%s\n\tpostrotate\n\t\ttouch %s; while [ -e %s ]; do sleep 0.01; done\n\tendscript\n}\n",
					b.path("app.log"), rotations+1, mode, compress, reopen, reopen)
				sink := &countSink{}
				b.startWith(sink)
				l := &load{t: t, path: b.path("app.log"), rate: 5000, asked: func() bool { return os.Remove(reopen) == nil }}
				if mode == "copytruncate" {
					l.asked = nil
					text = strings.Replace(text, "touch "+reopen, "true", 1)
				}
				if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				stop := make(chan struct{})
				var writer sync.WaitGroup
				writer.Go(func() { l.write(stop) })
				come := func() int { sink.mu.Lock(); defer sink.mu.Unlock(); return sink.lines }
				for range rotations {
					seen := come()
					b.until("more lines", func() bool { return come() > seen+500 })
					if mode == "copytruncate" {
						l.mu.Lock()
					}
					out, err := exec.Command(program, "-f", "-s", state, conf).CombinedOutput()
					if mode == "copytruncate" {
						l.mu.Unlock()
					}
					if err != nil {
						t.Fatalf("%v\n%s", err, out)
					}
				}
				close(stop)
				writer.Wait()
				b.until("all lines", func() bool { return come() >= l.written })
				b.end()
				sink.mu.Lock()
				defer sink.mu.Unlock()
				for n := range l.written {
					if times := sink.times[n]; times != 1 {
						t.Fatalf("line %d of %d came %d times", n, l.written, times)
					}
				}
				if sink.other != 0 {
					t.Errorf("%d lines came that were not written", sink.other)
				}
				rotated, err := filepath.Glob(b.path("app.log.*"))
				if err != nil || len(rotated) != rotations {
					t.Errorf("want %d rotated files, have %v, error %v", rotations, rotated, err)
				}
			})
		}
	}
}
