package shipper

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"foghorn/pipeline"
)

// childDir tells a copy of the test binary to be a shipper of that folder.
const childDir = "FOGHORN_TEST_SHIP"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if dir := os.Getenv(brokerDir); dir != "" {
		if err := brokerChild(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	// These tests wait far more than they compute: as many as there are processors at a
	// time would take minutes.
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", "8"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// child ships dir/*.log to dir/out until it is killed.
func child(dir string) error {
	out, err := os.OpenFile(filepath.Join(dir, "out"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	cfg := DefaultConfig()
	cfg.Host, cfg.Paths, cfg.DataDir = "h", []string{filepath.Join(dir, "*.log")}, filepath.Join(dir, "data")
	cfg.ScanInterval, cfg.Linger = 20*time.Millisecond, time.Millisecond
	s, err := New(cfg, fileSink{out}, zerolog.New(os.Stderr).Level(zerolog.WarnLevel), nil)
	if err != nil {
		return err
	}
	return s.Run(context.Background())
}

// fileSink has a record accepted once it is written: a kill does not take that back.
type fileSink struct{ f *os.File }

type shipped struct {
	Generation   uint64 `json:",string"`
	Offset, Size int64
	Raw          string
}

func (k fileSink) Produce(_ context.Context, msgs []pipeline.Message) error {
	var b strings.Builder
	for i := range msgs {
		l, err := pipeline.DecodeLine(&msgs[i])
		if err != nil {
			return err
		}
		j, err := json.Marshal(shipped{l.ID.Generation, l.ID.Offset, l.Size, string(l.Raw)})
		if err != nil {
			return err
		}
		b.Write(append(j, '\n'))
	}
	_, err := k.f.WriteString(b.String())
	return err
}

func (k fileSink) Partitions(context.Context, string) (int, error) { return 2, nil }

// TestNothingIsLostWhenTheShipperIsKilledAtAnyMoment kills a shipper's process with SIGKILL
// again and again while files are written and rotated.
func TestNothingIsLostWhenTheShipperIsKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := &bench{t: t, dir: dir}
	var cmd *exec.Cmd
	start := func() {
		cmd = exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childDir+"="+dir)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
	}
	kill := func() {
		cmd.Process.Kill() // an error means that it has ended, which Wait tells
		if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("child ended by itself: %v", err)
		}
	}
	n := 0
	write := func() {
		var text strings.Builder
		for range 50 {
			n++
			fmt.Fprintf(&text, "line %d\n", n)
		}
		b.write("a.log", text.String())
	}
	lines := func() map[string]int {
		f, err := os.Open(filepath.Join(dir, "out"))
		if os.IsNotExist(err) {
			return nil
		} else if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		ids := map[string]string{}
		for sc := bufio.NewScanner(f); sc.Scan(); {
			var s shipped
			if err := json.Unmarshal(sc.Bytes(), &s); err != nil {
				continue // cut short by a kill, and so not acknowledged
			}
			id := fmt.Sprintf("%d:%d", s.Generation, s.Offset)
			if old, ok := ids[id]; ok && old != s.Raw {
				t.Fatalf("%s was %q and is %q", id, old, s.Raw)
			}
			ids[id] = s.Raw
		}
		texts := map[string]int{}
		for _, raw := range ids {
			texts[raw]++
		}
		return texts
	}
	write()
	start()
	b.until("the file is known", func() bool { return len(lines()) > 0 })
	for i := range 12 {
		write()
		// The moment of the kill is where the machine's scheduling puts it: that is the
		// point. The pause varies it from nothing to a few scans.
		time.Sleep(time.Duration(i*7%40) * time.Millisecond)
		kill()
		write()
		if i%3 == 1 {
			b.rename("a.log", fmt.Sprintf("a.log.%d", i))
			write()
		}
		start()
	}
	write()
	defer kill()
	b.until("all lines", func() bool { return len(lines()) >= n })
	have := lines()
	var bad []string
	for i := 1; i <= n; i++ {
		if line := fmt.Sprintf("line %d", i); have[line] != 1 {
			bad = append(bad, fmt.Sprintf("%s: %d identities", line, have[line]))
		}
	}
	sort.Strings(bad)
	if len(bad) > 0 || len(have) != n {
		t.Errorf("%d lines written, %d shipped: %v", n, len(have), bad)
	}
}
