package intake

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"foghorn/shipper/spool"
)

// A full spool is 429 with Retry-After, and nothing of the request is taken.
func TestAFullSpoolHoldsSendersBack(t *testing.T) {
	b := newBench(t, nil, small)
	filler := request{"", "/api/v1/push", nil, strings.Repeat(strings.Repeat("x", 999)+"\n", 100)}
	for b.do(filler).status == 200 {
	}
	before := b.lines()
	big := strings.Repeat("x", 100_000)
	for _, c := range []struct {
		name string
		request
		want string
	}{
		{"OTLP", request{"", "/v1/logs", []string{asJSON}, strings.Replace(otlpJSON, "card", big, 1)}, `{"code":8,"message":"the queue is full, try again later"}`},
		{"Loki", request{"", "/loki/api/v1/push", []string{asJSON}, strings.Replace(lokiJSON, "card", big, 1)}, "the queue is full, try again later\n"},
		{"_bulk", request{"", "/_bulk", nil, strings.Replace(bulkDocs, "card", big, 1)}, `{"error":{"root_cause":[{"type":"es_rejected_execution_exception","reason":"the queue is full, try again later"}],"type":"es_rejected_execution_exception","reason":"the queue is full, try again later"},"status":429}` + "\n"},
		{"plain", request{"", "/api/v1/push", nil, big}, `{"status":429,"title":"too many requests","detail":"the queue is full, try again later"}` + "\n"},
	} {
		a := b.do(c.request)
		if a.status != 429 || a.header.Get("Retry-After") != "2" || a.body != c.want {
			t.Errorf("%s: %d %s, Retry-After %q", c.name, a.status, a.body, a.header.Get("Retry-After"))
		}
	}
	b.wantLines(before)
	if n := b.metric("foghorn_intake_requests_total", "code=429", "endpoint=otlp"); n != 1 {
		t.Errorf("counted %v refusals, want 1", n)
	}
}

// Requests are bounded before and after decompression, in records, and by what their
// labels make of them; what is too large is 413, and nothing of it is taken.
func TestWhatIsTooLargeIsRefused(t *testing.T) {
	b := newBench(t, func(c *Config) {
		c.MaxBody, c.MaxCompressed, c.MaxLines, c.MaxExpanded = 1<<20, 64<<10, 1000, 4<<20
	}, nil)
	zeros := strings.Repeat("x", 2<<20)
	shared := `{"resourceLogs":[{"resource":{"attributes":[{"key":"k","value":{"stringValue":"` + strings.Repeat("x", 8000) + `"}}]},"scopeLogs":[{"logRecords":[{}` + strings.Repeat(`,{}`, 900) + `]}]}]}`
	for _, c := range []struct {
		name string
		request
	}{
		{"body", request{"", "/api/v1/push", nil, zeros}},
		{"compressed body", request{"", "/api/v1/push", []string{"Content-Encoding: gzip"}, strings.Repeat("\x1f", 65<<10)}},
		{"gzip bomb", request{"", "/api/v1/push", []string{"Content-Encoding: gzip"}, pack(t, "gzip", zeros)}},
		{"zlib bomb", request{"", "/api/v1/push", []string{"Content-Encoding: deflate"}, pack(t, "deflate", zeros)}},
		{"zstd bomb", request{"", "/api/v1/push", []string{"Content-Encoding: zstd"}, pack(t, "zstd", zeros)}},
		{"zstd frame with a window of 64 MiB", request{"", "/api/v1/push", []string{"Content-Encoding: zstd"}, "\x28\xb5\x2f\xfd\x00\x80\x09\x00\x00x"}},
		{"snappy bomb", request{"", "/loki/api/v1/push", []string{asProto}, pack(t, "snappy", zeros)}},
		{"framed snappy bomb", request{"", "/v1/logs", []string{asProto, "Content-Encoding: x-snappy-framed"}, pack(t, "framed", strings.Repeat("x", 1<<20+1))}},
		{"records", request{"", "/api/v1/push", nil, strings.Repeat("\n", 1001)}},
		{"shared attributes", request{"", "/v1/logs", []string{asJSON}, shared}},
	} {
		if a := b.do(c.request); a.status != 413 {
			t.Errorf("%s: %d %s", c.name, a.status, a.body)
		}
	}
	b.wantLines(0)
	if left := b.srv.memory.left.Load(); left != b.srv.cfg.MaxMemory {
		t.Errorf("%d bytes of memory were not given back", b.srv.cfg.MaxMemory-left)
	}
}

// open sends the head of a request and the start of its body, and returns the connection.
func open(t *testing.T, b *bench, length int, start string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", b.srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := fmt.Fprintf(c, "POST /api/v1/push HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", length, start); err != nil {
		t.Fatal(err)
	}
	return c
}

func readAnswer(t *testing.T, c net.Conn) int {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}

// A sender that is too slow is given up, and told that it may come again: agents lose what
// they are told not to send again.
func TestASlowSenderIsGivenUp(t *testing.T) {
	b := newBench(t, func(c *Config) { c.ReadTimeout = 200 * time.Millisecond }, nil)
	if code := readAnswer(t, open(t, b, 10, "abc")); code != 503 {
		t.Errorf("have %d, want 503", code)
	}
	b.wantLines(0)
}

func TestRequestsAtATimeAreBounded(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxRequests = 1 }, nil)
	held := open(t, b, 4, "ab")
	until(t, "the first request is worked on", func() bool { return b.metric("foghorn_intake_requests_in_flight") == 1 })
	if a := b.do(request{"", "/api/v1/push", nil, "x"}); a.status != 429 || a.header.Get("Retry-After") != "2" {
		t.Errorf("the second: %d %s", a.status, a.body)
	}
	if _, err := io.WriteString(held, "cd"); err != nil {
		t.Fatal(err)
	}
	if code := readAnswer(t, held); code != 200 {
		t.Errorf("the first: %d", code)
	}
	until(t, "the first request has ended", func() bool { return b.metric("foghorn_intake_requests_in_flight") == 0 })
	if a := b.do(request{"", "/api/v1/push", nil, "x"}); a.status != 200 {
		t.Errorf("the third: %d %s", a.status, a.body)
	}
}

func TestMemoryOfAllRequestsIsBounded(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxBody, c.MaxCompressed, c.MaxMemory = 1<<20, 1<<20, 2<<20 }, nil)
	for range 2 {
		open(t, b, 1<<20-100, "ab")
	}
	until(t, "two large requests are worked on", func() bool { return b.srv.memory.left.Load() < 100<<10 })
	if a := b.do(request{"", "/api/v1/push", nil, strings.Repeat("x", 512<<10)}); a.status != 429 {
		t.Errorf("a third: %d %s", a.status, a.body)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxConnections = 1 }, nil)
	held := open(t, b, 4, "ab")
	until(t, "the first is there", func() bool { return b.metric("foghorn_intake_requests_in_flight") == 1 })
	second, err := net.Dial("tcp", b.srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if _, err := second.Read(make([]byte, 1)); err == nil {
		t.Error("a second connection is served")
	}
	if _, err := io.WriteString(held, "cd"); err != nil {
		t.Fatal(err)
	}
	if code := readAnswer(t, held); code != 200 {
		t.Errorf("the first: %d", code)
	}
}

// A server that stops finishes the requests under way, within its time.
func TestStop(t *testing.T) {
	t.Run("requests under way are finished", func(t *testing.T) {
		b := newBench(t, nil, nil)
		held := open(t, b, 4, "ab")
		until(t, "the request is worked on", func() bool { return b.metric("foghorn_intake_requests_in_flight") == 1 })
		done := make(chan error)
		go func() { done <- b.stop() }()
		until(t, "the server stops", func() bool { return b.srv.stopping.Load() })
		if _, err := io.WriteString(held, "cd"); err != nil {
			t.Fatal(err)
		}
		if code := readAnswer(t, held); code != 200 {
			t.Errorf("have %d, want 200", code)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		b.wantLines(1)
	})
	t.Run("one that does not end is broken off", func(t *testing.T) {
		b := newBench(t, func(c *Config) { c.StopTimeout = 50 * time.Millisecond }, nil)
		open(t, b, 4, "ab")
		until(t, "the request is worked on", func() bool { return b.metric("foghorn_intake_requests_in_flight") == 1 })
		if err := b.stop(); err != nil {
			t.Error(err)
		}
		b.wantLines(0)
	})
}

// Contents of requests are never logged.
func TestContentsAreNotLogged(t *testing.T) {
	b := newBench(t, nil, nil)
	for _, path := range []string{"/v1/logs", "/loki/api/v1/push", "/_bulk", "/api/v1/push", "/api/v1/push?zone=hush-hush"} {
		b.do(request{"", path, []string{asJSON, "Authorization: Bearer hush-hush"}, `{"hush-hush":`})
	}
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
	if log := b.log.String(); strings.Contains(log, "hush") || !strings.Contains(log, "intake listens") {
		t.Errorf("the log is %s", log)
	}
}

func TestAnAddressThatCannotBeHadIsAnErrorAtOnce(t *testing.T) {
	b := newBench(t, nil, nil)
	cfg := DefaultConfig()
	cfg.Listen = b.srv.Addr()
	if _, err := New(cfg, b.queue, b.srv.log, nil); err == nil || !strings.Contains(err.Error(), "listen for logs") {
		t.Errorf("have %v", err)
	}
}

func TestValidateReportsAllFaults(t *testing.T) {
	if c := DefaultConfig(); c.Validate() != nil {
		t.Fatal(c.Validate())
	}
	c := Config{CertFile: "x", ClientCAFile: "y"}
	err := c.Validate()
	for _, key := range []string{"listen", "cert_file and key_file", "max_body", "max_compressed", "max_expanded", "max_lines", "max_line:", "max_attrs",
		"max_value", "max_depth", "max_requests", "max_connections", "max_sources", "max_header", "read_timeout", "write_timeout", "idle_timeout", "stop_timeout", "retry_after"} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("no word about %s in %v", key, err)
		}
	}
}

// The queue of the spool is what the server needs.
var _ Queue = (*spool.Queue)(nil)
