package ops

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestProfilesOnLoopbackOnly(t *testing.T) {
	for _, listen := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.org:0", "127.0.0.1"} {
		if p, err := ListenProfiles(t.Context(), listen); err == nil {
			t.Errorf("%s: have %s, want an error", listen, p.Addr())
		}
	}
}

func TestProfilesAnswer(t *testing.T) {
	p, err := ListenProfiles(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	resp, err := http.Get("http://" + p.Addr().String() + "/debug/pprof/goroutine?debug=1")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(body), "TestProfilesAnswer") {
		t.Errorf("have %v %s, want this test among the goroutines", err, body)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("have %v, want nil at the end", err)
	}
}
