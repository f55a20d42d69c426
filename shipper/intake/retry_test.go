package intake

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"foghorn/shipper/spool"
)

const childDir = "FOGHORN_INTAKE_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child serves until it is killed, and says on standard output where.
func child(dir string) error {
	q, err := spool.Open(spool.DefaultConfig(dir))
	if err != nil {
		return err
	}
	cfg := DefaultConfig()
	cfg.Listen = "127.0.0.1:0"
	s, err := New(cfg, q, zerolog.Nop(), nil)
	if err != nil {
		return err
	}
	fmt.Println(s.Addr())
	return s.Run(context.Background())
}

// dated are requests that are known when they come again.
var dated = []struct {
	name string
	request
	want int
}{
	{"OTLP JSON", request{"", "/v1/logs", []string{asJSON}, otlpJSON}, 200},
	{"Loki protobuf", request{"", "/loki/api/v1/push", []string{asProto}, ""}, 204},
	{"_bulk", request{"", "/_bulk", nil, bulkDocs}, 200},
	{"_bulk with an _id", request{"", "/_bulk", nil, `{"index":{"_id":"1"}}` + "\n{}\n"}, 200},
	{"plain with a key", request{"", "/api/v1/push", []string{"Idempotency-Key: 7"}, "x"}, 200},
}

func datedRequests(t *testing.T) []request {
	var all []request
	for _, c := range dated {
		r := c.request
		if c.name == "Loki protobuf" {
			r.body = pack(t, "snappy", lokiProto(`{a="b"}`, "x"))
		}
		all = append(all, r)
	}
	return all
}

// A request that is sent again is answered as a success and its lines are not taken twice.
func TestRetriesMakeNoDuplicates(t *testing.T) {
	b := newBench(t, nil, nil)
	for round := range 3 {
		for i, r := range datedRequests(t) {
			if a := b.do(r); a.status != dated[i].want {
				t.Errorf("%s, round %d: %d %s", dated[i].name, round, a.status, a.body)
			}
		}
	}
	b.wantLines(len(dated))
	if n := b.metric("foghorn_intake_duplicate_requests_total", "endpoint=bulk"); n != 4 {
		t.Errorf("counted %v duplicates of _bulk, want 4", n)
	}
	// The compression does not matter, the tenant and the endpoint do.
	for _, c := range []struct {
		name  string
		r     request
		lines int
	}{
		{"compressed", request{"", "/_bulk", []string{"Content-Encoding: gzip"}, pack(t, "gzip", bulkDocs)}, 0},
		{"another tenant", request{"", "/_bulk", []string{"X-Scope-OrgID: b"}, bulkDocs}, 1},
		{"another index", request{"", "/app/_bulk", nil, bulkDocs}, 1},
	} {
		before := b.lines()
		if a := b.do(c.r); a.status != 200 {
			t.Errorf("%s: %d %s", c.name, a.status, a.body)
		}
		b.wantLines(before + c.lines)
	}
}

// Equal requests without a time finer than a second may be meant: they are all taken.
func TestEqualRequestsWithoutATimeAreAllTaken(t *testing.T) {
	b := newBench(t, nil, nil)
	for _, r := range []request{
		{"", "/v1/logs", []string{asProto}, otlpProto("x", 0)},
		{"", "/_bulk", nil, strings.Replace(bulkDocs, ".123Z", "Z", 1)},
		{"", "/api/v1/push", nil, "x"},
	} {
		before := b.lines()
		for range 2 {
			if a := b.do(r); a.status != 200 {
				t.Errorf("%d %s", a.status, a.body)
			}
		}
		b.wantLines(before + 2)
	}
}

// A request that is under way and comes again waits for the first, and is taken once.
func TestTheSameRequestAtTheSameTimeIsTakenOnce(t *testing.T) {
	b := newBench(t, nil, func(c *spool.Config) { c.Sync = true })
	for round := range 20 {
		r := request{"", "/_bulk", nil, strings.Replace(bulkDocs, "card", fmt.Sprint("card ", round), 1)}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if a, err := send(b.url, r); err != nil || a.status != 200 {
					t.Errorf("%v, %d %s", err, a.status, a.body)
				}
			})
		}
		wg.Wait()
	}
	b.wantLines(20)
}

// A retry makes no duplicate, also after the process was killed.
func TestRetriesAcrossAKillMakeNoDuplicates(t *testing.T) {
	dir := t.TempDir()
	for round := range 3 {
		url, kill := startChild(t, dir)
		for i, r := range datedRequests(t) {
			if a, err := send(url, r); err != nil || a.status != dated[i].want {
				t.Errorf("%s, round %d: %v, %d %s", dated[i].name, round, err, a.status, a.body)
			}
		}
		if a, err := send(url, request{"", "/api/v1/push", nil, fmt.Sprint("round ", round)}); err != nil || a.status != 200 {
			t.Errorf("round %d: %v, %d", round, err, a.status)
		}
		kill()
	}
	got := drain(t, dir)
	if want := len(dated) + 3; len(got) != want {
		t.Errorf("have %d lines, want %d: %q", len(got), want, got)
	}
}

func startChild(t *testing.T, dir string) (url string, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // its error is the signal
	})
	t.Cleanup(kill)
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return "http://" + strings.TrimSpace(address), kill
}
