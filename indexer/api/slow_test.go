package api

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"foghorn/indexer/search"
)

// TestAClientThatTakesNothingIsLetGo: WriteTimeout is the time for which a client may take
// nothing of an answer, also of one that is no stream.
func TestAClientThatTakesNothingIsLetGo(t *testing.T) {
	cfg := DefaultConfig()
	cfg.WriteTimeout = 50 * time.Millisecond
	x := &index{search: yields()}
	for i := range 100 { // more than sockets buffer
		x.coverage.Sources = append(x.coverage.Sources, search.SourceCoverage{Source: fmt.Sprint(i, strings.Repeat("x", 1<<18))})
	}
	url, _ := running(t, newServer(t, cfg, x))
	for _, path := range []string{"/api/v1/coverage", "/api/v1/search"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		req, err := http.NewRequest(http.MethodGet, url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := req.Write(conn); err != nil {
			t.Fatal(err)
		}
		// Nothing is read. What is written comes to an error once the server has closed.
		for deadline := time.Now().Add(5 * time.Second); ; <-time.After(5 * time.Millisecond) {
			if _, err := conn.Write([]byte("x")); err != nil {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: the server still waits", path)
			}
		}
	}
}
