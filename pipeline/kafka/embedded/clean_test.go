package embedded_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/kafka/embedded"
)

// rangeOf asks until the broker answers.
func rangeOf(t testing.TB, c *kafka.Client, topic string) kafka.Range {
	t.Helper()
	ctx := within(t, time.Minute)
	for {
		ends, err := c.Ends(ctx, topic)
		if err == nil {
			return ends[0]
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}

// Retention acts within CleanEvery, and offsets go on where they were after it removed
// the last record and the broker was started again, closed or killed.
func TestOffsetsGoOnAfterRetentionTookEverything(t *testing.T) {
	for _, end := range []string{"closed", "killed"} {
		t.Run(end, func(t *testing.T) {
			dir, listen := t.TempDir(), "127.0.0.1:0"
			var c *kafka.Client
			var stop func()
			boot := func() {
				if end == "killed" {
					listen, stop = startChild(t, dir, listen)
				} else {
					b, err := embedded.Start(embedded.Config{DataDir: dir, Listen: listen, CleanEvery: time.Second})
					if err != nil {
						t.Fatal(err)
					}
					listen, stop = b.Addr(), func() { b.Close() }
				}
			}
			boot()
			c = newClient(t, listen)
			ensure(t, c, "t", 1, map[string]string{"retention.ms": "1000"})
			produce(t, c, "t", 0, 100, time.Now().Add(-time.Hour))
			for ctx := within(t, time.Minute); rangeOf(t, c, "t").Low < 100; {
				if ctx.Err() != nil {
					t.Fatal("retention does not act")
				}
				time.Sleep(20 * time.Millisecond)
			}
			stop()
			boot()
			defer func() { stop() }()
			if have := rangeOf(t, c, "t").High; have != 100 {
				t.Fatalf("the partition ends at %d, want 100", have)
			}
			r := c.Open("t", 0, 100)
			produce(t, c, "t", 100, 1, time.Time{})
			msgs, err := r.Fetch(within(t, time.Minute), 5*time.Second)
			if err != nil || len(msgs) != 1 || msgs[0].Offset != 100 {
				t.Errorf("records %v, error %v, want one at offset 100", msgs, err)
			}
			first, err := c.Open("t", 0, kafka.Earliest).Fetch(within(t, time.Minute), 5*time.Second)
			if err != nil || len(first) != 1 || first[0].Offset != 100 {
				t.Errorf("the first records are %v, error %v: the marker is no record", first, err)
			}
		})
	}
}

// A kill in the middle of a compaction loses nothing: the old segments come back when the
// new ones are incomplete, and only then.
func TestCompactionCutOff(t *testing.T) {
	for _, test := range []struct {
		name string
		cut  func(t *testing.T, pdir string)
		want int64
	}{
		{"before it began", func(*testing.T, string) {}, 50},
		{"old segments removed", func(t *testing.T, pdir string) { removeFiles(t, pdir) }, 50},
		{"new segments half written", func(t *testing.T, pdir string) {
			path := filepath.Join(pdir, "0.dat")
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			removeFiles(t, pdir)
			if err := os.WriteFile(path, data[:len(data)/2], 0o644); err != nil {
				t.Fatal(err)
			}
		}, 50},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			b, err := embedded.Start(embedded.Config{DataDir: dir})
			if err != nil {
				t.Fatal(err)
			}
			c := newClient(t, b.Addr())
			ensure(t, c, "t", 1, map[string]string{"cleanup.policy": "compact"})
			for i := range 50 {
				produce(t, c, "t", i, 1, time.Time{})
			}
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
			pdir, keep := filepath.Join(dir, "log", "partitions", "t-0"), filepath.Join(dir, "log", "compacting", "t-0")
			if err := os.MkdirAll(keep, 0o755); err != nil {
				t.Fatal(err)
			}
			for _, f := range []string{"0.dat", "0.idx"} {
				if err := os.Link(filepath.Join(pdir, f), filepath.Join(keep, f)); err != nil {
					t.Fatal(err)
				}
			}
			test.cut(t, pdir)
			b, err = embedded.Start(embedded.Config{DataDir: dir})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			c = newClient(t, b.Addr())
			if have := rangeOf(t, c, "t").High; have != test.want {
				t.Errorf("the partition ends at %d, want %d", have, test.want)
			}
			r, ctx := c.Open("t", 0, kafka.Earliest), within(t, time.Minute)
			for last := ""; last != "49"; {
				msgs, err := r.Fetch(ctx, time.Second)
				if err != nil {
					t.Fatalf("after %s: %v", last, err)
				}
				if n := len(msgs); n > 0 {
					last = string(msgs[n-1].Value)
				}
			}
			if _, err := os.Stat(keep); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the kept segments are still there: %v", err)
			}
		})
	}
}

func removeFiles(t *testing.T, pdir string) {
	t.Helper()
	for _, f := range []string{"0.dat", "0.idx", "snapshot.json"} {
		if err := os.Remove(filepath.Join(pdir, f)); err != nil {
			t.Fatal(err)
		}
	}
}

// A start after a kill needs no memory for what the log holds: only batch headers are
// read, and the broker then uses the snapshot instead of reading all segments at once.
func TestSnapshotIsWrittenForAKilledBroker(t *testing.T) {
	dir := t.TempDir()
	addr, kill := startChild(t, dir, "127.0.0.1:0")
	c := newClient(t, addr)
	ensure(t, c, "t", 1, nil)
	for i := range 10 {
		produce(t, c, "t", i*10, 10, time.Time{})
	}
	kill()
	_, kill = startChild(t, dir, addr)
	defer kill()
	data, err := os.ReadFile(filepath.Join(dir, "log", "partitions", "t-0", "snapshot.json"))
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%q:%d", "high_watermark", 100); !strings.Contains(string(data), want) {
		t.Errorf("snapshot %s, want %s", data, want)
	}
	if have := rangeOf(t, c, "t"); have != (kafka.Range{Low: 0, High: 100}) {
		t.Errorf("range %v, want 0 to 100", have)
	}
}

// BenchmarkProduce tells what SyncWrites costs: batches of 100 lines of 140 bytes, each
// acknowledged before the next is sent.
func BenchmarkProduce(b *testing.B) {
	for _, sync := range []bool{false, true} {
		b.Run("sync="+strconv.FormatBool(sync), func(b *testing.B) {
			broker, err := embedded.Start(embedded.Config{DataDir: b.TempDir(), SyncWrites: sync})
			if err != nil {
				b.Fatal(err)
			}
			defer broker.Close()
			c := newClient(b, broker.Addr())
			ensure(b, c, "t", 1, nil)
			sink := c.Sink(kafka.SinkConfig{Compression: "none"})
			msgs := make([]pipeline.Message, 100)
			for i := range msgs {
				msgs[i] = pipeline.Message{Topic: "t", Key: []byte("host:/var/log/a.log"), Value: make([]byte, 140)}
			}
			b.ResetTimer()
			for range b.N {
				if err := sink.Produce(b.Context(), msgs); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*len(msgs))/b.Elapsed().Seconds(), "records/s")
		})
	}
}
