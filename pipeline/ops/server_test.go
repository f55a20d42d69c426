package ops

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestRoutes(t *testing.T) {
	reg := prometheus.NewRegistry()
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: "foghorn_test_total", Help: "For the test."})
	reg.MustRegister(c)
	c.Inc()
	var notReady error
	srv := httptest.NewServer(New(Config{Gatherer: reg, Ready: func() error { return notReady }}).Handler())
	defer srv.Close()
	get := func(path string) (int, string) {
		r, err := http.Get(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return r.StatusCode, string(b)
	}
	if code, body := get("/metrics"); code != 200 || !strings.Contains(body, "foghorn_test_total 1") {
		t.Errorf("/metrics: %d %s", code, body)
	}
	if code, _ := get("/healthz"); code != 200 {
		t.Errorf("/healthz: %d", code)
	}
	if code, body := get("/readyz"); code != 200 || body != "ready\n" {
		t.Errorf("/readyz: %d %q", code, body)
	}
	notReady = errors.New("the broker is away")
	if code, body := get("/readyz"); code != 503 || !strings.Contains(body, "the broker is away") {
		t.Errorf("/readyz while not ready: %d %q", code, body)
	}
	if code, _ := get("/other"); code != 404 {
		t.Errorf("/other: %d, want 404", code)
	}
}

func TestRunRefusesATakenAddressAndStopsWithItsContext(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cfg := Config{Listen: l.Addr().String(), Gatherer: prometheus.NewRegistry(), Ready: func() error { return nil }}
	if err := New(cfg).Run(t.Context()); err == nil {
		t.Error("a taken address was accepted")
	}
	cfg.Listen = "127.0.0.1:0"
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := New(cfg).Run(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}
