//go:build e2e

package e2e

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// receiver is a webhook that counts what it was told, by id and sequence number.
type receiver struct {
	*httptest.Server
	mu   sync.Mutex
	told map[string]int
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{told: map[string]int{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.told[req.Header.Get("Idempotency-Key")]++
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) count(key string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.told[key]
}
