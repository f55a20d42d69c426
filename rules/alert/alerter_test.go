package alert

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"foghorn/pipeline"
)

// hook is a webhook receiver that notes what it took.
type hook struct {
	*httptest.Server
	mu       sync.Mutex
	answer   func(r *http.Request, body []byte) int // nil: 200
	keys     []string
	requests int
	header   http.Header
	body     []byte
}

func newHook(t *testing.T) *hook {
	h := &hook{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		h.mu.Lock()
		answer := h.answer
		h.requests++
		h.mu.Unlock()
		status := http.StatusOK
		if answer != nil {
			status = answer(r, body)
		}
		h.mu.Lock()
		if status == http.StatusOK {
			h.keys = append(h.keys, r.Header.Get(HeaderIdempotency))
			h.header, h.body = r.Header.Clone(), body
		}
		h.mu.Unlock()
		w.WriteHeader(status)
		io.WriteString(w, "said the receiver, token s3cret")
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) set(answer func(*http.Request, []byte) int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = answer
}

func (h *hook) taken() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.keys...)
}

func (h *hook) asked() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.requests
}

func quick(receivers ...Receiver) Config {
	cfg := DefaultConfig()
	cfg.Receivers = receivers
	cfg.Timeout = 5 * time.Second
	cfg.MinBackoff, cfg.MaxBackoff = time.Millisecond, 10*time.Millisecond
	cfg.Patience = 50 * time.Millisecond
	cfg.Resend = 20 * time.Millisecond
	return cfg
}

// start runs an Alerter until the returned function is called.
func start(t *testing.T, cfg Config, p *topic, log io.Writer) (*Alerter, func()) {
	t.Helper()
	a, err := New(cfg, p, zerolog.New(log), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	var once sync.Once
	stop := func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return a, stop
}

func TestEventsArriveInOrderAndOnceWithSignature(t *testing.T) {
	dir := t.TempDir()
	bearer, secret := filepath.Join(dir, "bearer"), filepath.Join(dir, "hmac")
	for path, text := range map[string]string{bearer: "s3cret\n", secret: "k3y\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h, p := newHook(t), newTopic()
	events := []pipeline.Anomaly{event("1", 1, pipeline.AnomalyOpen), event("2", 1, pipeline.AnomalyOpen),
		event("1", 2, pipeline.AnomalyUpdate), event("1", 1, pipeline.AnomalyOpen), // a repeat
		event("1", 2, pipeline.AnomalyUpdate), event("1", 3, pipeline.AnomalyResolved)}
	p.append(t, events...)
	start(t, quick(Receiver{Webhook: h.URL, BearerFile: bearer, HMACFile: secret}), p, io.Discard)
	want := []string{"1/1", "2/1", "1/2", "1/3"}
	eventually(t, "all committed", func() bool { return p.commit() == 6 })
	if diff := cmp.Diff(want, h.taken()); diff != "" {
		t.Fatalf("events taken (-want +have):\n%s", diff)
	}
	mac := hmac.New(sha256.New, []byte("k3y"))
	mac.Write(h.body)
	wantHeader := map[string]string{"Authorization": "Bearer s3cret", HeaderID: "1", HeaderSeq: "3",
		"Foghorn-Signature": "sha256=" + hex.EncodeToString(mac.Sum(nil)), "Content-Type": "application/json"}
	for k, v := range wantHeader {
		if have := h.header.Get(k); have != v {
			t.Errorf("header %s: want %q, have %q", k, v, have)
		}
	}
	var have pipeline.Anomaly
	if err := json.Unmarshal(h.body, &have); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(events[5], have); diff != "" {
		t.Errorf("body (-want +have):\n%s", diff)
	}
}

func TestFailuresAreTriedAgainAndRejectionsAreNot(t *testing.T) {
	for _, tc := range []struct {
		name   string
		status int
		want   []string // taken in the end, when the receiver says status to the first two requests for 1/1
		asked  int
	}{
		{"500 again", 500, []string{"1/1", "2/1"}, 4},
		{"503 again", 503, []string{"1/1", "2/1"}, 4},
		{"401 again, the token may be put right", 401, []string{"1/1", "2/1"}, 4},
		{"429 again", 429, []string{"1/1", "2/1"}, 4},
		{"400 is final", 400, []string{"2/1"}, 2},
		{"a redirect is final", 302, []string{"2/1"}, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h, p := newHook(t), newTopic()
			left := 2
			h.set(func(r *http.Request, _ []byte) int {
				if r.Header.Get(HeaderID) == "1" && left > 0 {
					left--
					return tc.status
				}
				return http.StatusOK
			})
			p.append(t, event("1", 1, pipeline.AnomalyOpen), event("2", 1, pipeline.AnomalyOpen))
			start(t, quick(Receiver{Webhook: h.URL}), p, io.Discard)
			eventually(t, "all committed", func() bool { return p.commit() == 2 })
			if diff := cmp.Diff(tc.want, h.taken()); diff != "" {
				t.Errorf("events taken (-want +have):\n%s", diff)
			}
			if h.asked() != tc.asked {
				t.Errorf("requests: want %d, have %d", tc.asked, h.asked())
			}
		})
	}
}

func TestDeadReceiverDoesNotHoldBackTheOthers(t *testing.T) {
	dead, alive, p := newHook(t), newHook(t), newTopic()
	dead.set(func(*http.Request, []byte) int { return http.StatusInternalServerError })
	cfg := quick(Receiver{Name: "dead", Webhook: dead.URL}, Receiver{Name: "alive", Webhook: alive.URL})
	cfg.Queue = 4
	var want []string
	for i := range 20 {
		p.append(t, event(fmt.Sprint(i), 1, pipeline.AnomalyOpen))
		want = append(want, fmt.Sprintf("%d/1", i))
	}
	var log lockedBuffer
	_, stop := start(t, cfg, p, &log)
	eventually(t, "the living receiver has all", func() bool { return len(alive.taken()) == 20 })
	if diff := cmp.Diff(want, alive.taken()); diff != "" {
		t.Errorf("events taken (-want +have):\n%s", diff)
	}
	eventually(t, "what was dropped is committed", func() bool { return p.commit() == 16 })
	dead.set(nil)
	eventually(t, "the receiver is back and has the newest", func() bool { return p.commit() == 20 })
	stop()
	if diff := cmp.Diff(want[16:], dead.taken()); diff != "" {
		t.Errorf("events of the receiver that came back (-want +have):\n%s", diff)
	}
	if n := strings.Count(log.String(), "oldest event dropped"); n != 16 {
		t.Errorf("dropped events in the log: want 16, have %d", n)
	}
}

func TestSlowReceiverLosesNothing(t *testing.T) {
	h, p := newHook(t), newTopic()
	gate := make(chan struct{})
	h.set(func(*http.Request, []byte) int { <-gate; return http.StatusOK })
	cfg := quick(Receiver{Webhook: h.URL})
	cfg.Queue, cfg.Patience = 2, time.Minute
	for i := range 10 {
		p.append(t, event(fmt.Sprint(i), 1, pipeline.AnomalyOpen))
	}
	start(t, cfg, p, io.Discard)
	eventually(t, "the first request is under way", func() bool { return h.asked() == 1 })
	close(gate)
	eventually(t, "all committed", func() bool { return p.commit() == 10 })
	if len(h.taken()) != 10 {
		t.Errorf("events taken: want 10, have %d", len(h.taken()))
	}
}

func TestRestartDeliversWhatWasNotDeliveredAndNothingTwice(t *testing.T) {
	h, p := newHook(t), newTopic()
	h.set(func(r *http.Request, _ []byte) int {
		if r.Header.Get(HeaderID) == "2" {
			return http.StatusBadGateway
		}
		return http.StatusOK
	})
	p.append(t, event("1", 1, pipeline.AnomalyOpen), event("2", 1, pipeline.AnomalyOpen))
	_, stop := start(t, quick(Receiver{Webhook: h.URL}), p, io.Discard)
	eventually(t, "the first is committed, the second fails", func() bool { return p.commit() == 1 && h.asked() > 2 })
	stop()
	if p.commit() != 1 {
		t.Fatalf("committed at the end: want 1, have %d", p.commit())
	}
	p.append(t, event("1", 1, pipeline.AnomalyOpen), event("1", 2, pipeline.AnomalyResolved)) // the first repeats
	again := newHook(t)                                                                       // another server: a request that was cancelled may still reach the first
	start(t, quick(Receiver{Webhook: again.URL}), p, io.Discard)
	eventually(t, "all committed", func() bool { return p.commit() == 4 })
	if diff := cmp.Diff([]string{"1/1"}, h.taken()); diff != "" {
		t.Errorf("events taken before the restart (-want +have):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"2/1", "1/2"}, again.taken()); diff != "" {
		t.Errorf("events taken after the restart (-want +have):\n%s", diff)
	}
}

func TestEventsTooOldAreGivenUpAfterOneTry(t *testing.T) {
	h, p := newHook(t), newTopic()
	h.set(func(*http.Request, []byte) int { return http.StatusInternalServerError })
	old := event("1", 1, pipeline.AnomalyOpen)
	value, err := json.Marshal(&old)
	if err != nil {
		t.Fatal(err)
	}
	p.appendRaw(value, time.Now().Add(-time.Hour))
	cfg := quick(Receiver{Webhook: h.URL})
	cfg.GiveUp = time.Minute
	start(t, cfg, p, io.Discard)
	eventually(t, "given up", func() bool { return p.commit() == 1 })
	if h.asked() != 1 {
		t.Errorf("requests: want 1, have %d", h.asked())
	}
}

func TestNoSecretIsLogged(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	h, p := newHook(t), newTopic()
	h.set(func(*http.Request, []byte) int { return http.StatusBadRequest })
	gone := httptest.NewServer(nil)
	gone.Close()
	cfg := quick(Receiver{Name: "a", Webhook: h.URL + "/hook/p4th?key=qu3ry", BearerFile: token},
		Receiver{Name: "b", Webhook: gone.URL + "/hook/p4th?key=qu3ry", BearerFile: token})
	p.append(t, event("1", 1, pipeline.AnomalyOpen))
	var log lockedBuffer
	_, stop := start(t, cfg, p, &log)
	eventually(t, "both failures are in the log", func() bool {
		return strings.Contains(log.String(), "rejected") && strings.Contains(log.String(), "trying again")
	})
	stop()
	for _, secret := range []string{"s3cret", "p4th", "qu3ry"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log shows %q:\n%s", secret, log.String())
		}
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestWithoutReceiversAnomaliesAreLogged(t *testing.T) {
	p := newTopic()
	p.appendRaw([]byte("{no json"), time.Now())
	p.append(t, event("1", 1, pipeline.AnomalyOpen))
	var log lockedBuffer
	_, stop := start(t, quick(), p, &log)
	eventually(t, "all committed", func() bool { return p.commit() == 2 })
	stop()
	for _, want := range []string{`"rule":"sshd-bruteforce"`, `"state":"open"`, "record is no anomaly event, skipped"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, log.String())
		}
	}
}

func TestConfigFaults(t *testing.T) {
	for _, tc := range []struct {
		name string
		set  func(*Config)
		want string
	}{
		{"both kinds", func(c *Config) { c.Receivers = []Receiver{{Webhook: "http://a", Alertmanager: "http://b"}} }, "exactly one"},
		{"neither kind", func(c *Config) { c.Receivers = []Receiver{{Name: "x"}} }, "exactly one"},
		{"no URL", func(c *Config) { c.Receivers = []Receiver{{Webhook: "example.org/x"}} }, "http or https URL"},
		{"same name", func(c *Config) {
			c.Receivers = []Receiver{{Name: "x", Webhook: "http://a/1"}, {Name: "x", Webhook: "http://a/2"}}
		}, "also the name"},
		{"signed Alertmanager", func(c *Config) { c.Receivers = []Receiver{{Alertmanager: "http://a", HMACFile: "f"}} }, "no signatures"},
		{"no time", func(c *Config) { c.GiveUp = 0 }, "alert.give_up"},
		{"no queue", func(c *Config) { c.Queue = 0 }, "alert.queue"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := DefaultConfig()
			tc.set(&cfg)
			if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("want an error with %q, have %v", tc.want, err)
			}
		})
	}
	cfg := DefaultConfig()
	if err := cfg.Validate(); err != nil {
		t.Errorf("the default: %v", err)
	}
	cfg.Receivers = []Receiver{{Webhook: "http://u:p@a/1"}, {Webhook: "http://a/2"}, {Name: "x", Webhook: "http://a/3"}}
	if diff := cmp.Diff([]string{"a", "a-2", "x"}, cfg.labels()); diff != "" {
		t.Errorf("names (-want +have):\n%s", diff)
	}
}
