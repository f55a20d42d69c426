//go:build e2e

package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestWholeFlow measures the whole program over a backlog: lines per second from its start
// until every line can be searched, CPU time and peak memory.
func TestWholeFlow(t *testing.T) {
	if !*flowFlag {
		t.Skip("not asked for: run with -bench-flow")
	}
	ctx := untilTimeout(t)
	corpora, real, err := Corpora(*sharedFlag)
	if err != nil {
		t.Fatal(err)
	}
	bin, dir := program(t), folder(t)
	writer, err := NewWriter(Plan{Dir: dir, Corpora: corpora, Lines: *flowLines, Steps: 100, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		if more, err = writer.Step(); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	bytes := int64(0)
	for name := range writer.Quota() {
		info, err := os.Stat(filepath.Join(dir, "logs", name))
		if err != nil {
			t.Fatal(err)
		}
		bytes += info.Size()
	}
	syscall.Sync() // the backlog's own writing must not be counted

	listen := freeAddress(t)
	data := filepath.Join(dir, "data")
	began := time.Now()
	up := launch(t, bin, dir, "up", "up", "--logs", filepath.Join(dir, "logs", "*.log"), "--data", data, "--listen", listen, "--kafka-listen", "127.0.0.1:0")
	until(ctx, t, "every line is indexed once", 15*time.Minute, func() error {
		c, err := readCoverage(ctx, "http://"+listen)
		if err != nil {
			return err
		}
		return c.whole(writer.Quota())
	})
	took := time.Since(began)
	peak, err := peakMemory(up.pid())
	if err != nil {
		t.Fatal(err)
	}
	up.signal(os.Interrupt)
	state := up.cmd.ProcessState
	cpu := state.UserTime() + state.SystemTime()
	kept, err := folderSize(filepath.Join(data, "index"))
	if err != nil {
		t.Fatal(err)
	}
	n := float64(writer.Total())
	t.Logf("whole flow: %d lines, %.1f MB, %d cores, real lines %t: %.0f lines/s, %.1f s, %.1f CPU s/1M lines, peak RSS %.0f MB, index and lines %.1f MB",
		writer.Total(), float64(bytes)/1e6, runtime.NumCPU(), real, n/took.Seconds(), took.Seconds(), cpu.Seconds()/n*1e6, float64(peak)/1e6, float64(kept)/1e6)
}

// peakMemory returns the highest resident set size that the process had so far, in bytes.
func peakMemory(pid int) (int64, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if rest, ok := strings.CutPrefix(s.Text(), "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64)
			return kb << 10, err
		}
	}
	return 0, errors.New("no VmHWM in /proc/PID/status")
}

func folderSize(dir string) (total int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	return total, err
}
