package shipper

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
	"foghorn/pipeline/kafka/embedded"
)

var backlogBytes = flag.Int("backlog", 256_000_000, "how many bytes BenchmarkBroker ships")

// brokerDir tells a copy of the test binary to be a broker with that folder.
const brokerDir = "FOGHORN_TEST_BROKER"

// brokerChild serves until its standard input ends.
func brokerChild(dir string) error {
	broker, err := embedded.Start(embedded.Config{DataDir: dir})
	if err != nil {
		return err
	}
	fmt.Println(broker.Addr())
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return broker.Close()
}

// startBroker runs a broker in a process of its own, so that its CPU time is counted apart.
func startBroker(b *testing.B) (addr string, stop func() (cpu time.Duration)) {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), brokerDir+"="+b.TempDir())
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	addr, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(addr), func() time.Duration {
		in.Close()
		if err := cmd.Wait(); err != nil {
			b.Error(err)
		}
		return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
}

// cpu is what this process has used.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// memory is a value of /proc/self/status, in bytes.
func memory(b *testing.B, key string) float64 {
	b.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("SKIPPED: memory is read from /proc/self/status: ", err)
	}
	for line := range strings.Lines(string(text)) {
		if name, value, _ := strings.Cut(line, ":"); name == key {
			kib, err := strconv.Atoi(strings.Fields(value)[0])
			if err != nil {
				b.Fatal(err)
			}
			return float64(kib) * 1024
		}
	}
	b.Fatalf("no %s in /proc/self/status", key)
	return 0
}

// logText is about n bytes of lines as a web shop writes them, no two of them equal.
func logText(n int, seed int) string {
	var t strings.Builder
	t.Grow(n + 300)
	for i := seed; t.Len() < n; i++ {
		fmt.Fprintf(&t, "2026-11-22T10:%02d:%02d.%03dZ INFO  [http-nio-8080-exec-%d] c.e.shop.OrderController : order %d of customer %d accepted in %d ms\n",
			i/60%60, i%60, i*7%1000, i%16, i*2654435761%10_000_000, i*40503%100_000, i*31%900)
	}
	return t.String()
}

// BenchmarkBroker ships a backlog in 8 files to a broker in another process, with acks=all.
// MB/cpu-s is of this process: reading, grouping, encoding, compressing, sending.
func BenchmarkBroker(b *testing.B) {
	for _, compression := range []string{"zstd", "lz4", "none"} {
		b.Run(compression, func(b *testing.B) { shipBacklog(b, compression) })
	}
}

func shipBacklog(b *testing.B, compression string) {
	const files = 8
	bn := newBench(b, "*.log")
	total := 0
	for i := range files {
		text := logText(*backlogBytes/files, i<<40)
		total += len(text)
		bn.write(fmt.Sprintf("%d.log", i), text)
	}
	bn.cfg.Linger = DefaultConfig().Linger
	addr, stopBroker := startBroker(b)
	client, err := kafka.New(kafka.Config{Brokers: []string{addr}}, zerolog.Nop())
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	if err := client.EnsureTopics(b.Context(), pipeline.Topics(8, time.Hour), 1); err != nil {
		b.Fatal(err)
	}
	sink := kafka.DefaultSinkConfig()
	sink.Compression = compression
	b.SetBytes(int64(total))
	before, runs := cpu(b), 0
	for b.Loop() {
		bn.cfg.DataDir = b.TempDir()
		s, err := New(bn.cfg, client.Sink(sink), zerolog.Nop(), nil)
		if err != nil {
			b.Fatal(err)
		}
		ctx, stop := context.WithCancel(b.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		for st := s.Status(); st.Files < files || st.Lag() > 0; st = s.Status() {
			time.Sleep(10 * time.Millisecond)
		}
		stop()
		if err := <-done; err != nil {
			b.Fatal(err)
		}
		runs++
	}
	used := cpu(b) - before
	b.ReportMetric(float64(total*runs)/1e6/used.Seconds(), "MB/cpu-s")
	b.ReportMetric(float64(total*runs)/1e6/stopBroker().Seconds(), "broker-MB/cpu-s")
}

// BenchmarkIdle tells how much memory 10,000 idle files take, 5 s after they were shipped.
// It is to be run alone: the memory is the process's.
func BenchmarkIdle(b *testing.B) {
	const files = 10_000
	for b.Loop() {
		bn := newBench(b, "*.log")
		bn.cfg.ScanInterval, bn.cfg.Linger = DefaultConfig().ScanInterval, DefaultConfig().Linger
		for i := range files {
			bn.write(fmt.Sprintf("%05d.log", i), string(bytes.Repeat([]byte("a line of an idle file\n"), 10)))
		}
		d := &discard{}
		s, err := New(bn.cfg, d, zerolog.Nop(), nil)
		if err != nil {
			b.Fatal(err)
		}
		ctx, stop := context.WithCancel(b.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		for d.count() < 10*files {
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(5 * time.Second)
		before := cpu(b)
		time.Sleep(5 * time.Second)
		b.ReportMetric(100*(cpu(b)-before).Seconds()/5, "cpu-percent")
		b.ReportMetric(memory(b, "VmRSS")/1e6, "RSS-MB")
		b.ReportMetric(memory(b, "VmHWM")/1e6, "peak-MB")
		stop()
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
}
