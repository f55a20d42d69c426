package ops

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// Profiles is a Server of Go's profiles under /debug/pprof/, for `go tool pprof`: where the
// process's time and memory go. What they show is nobody else's business, and to make them
// costs time, so that ListenProfiles returns an error for an address that is not on loopback.
type Profiles struct {
	listener net.Listener
	server   http.Server
}

// ListenProfiles listens on host:port; Run serves.
func ListenProfiles(ctx context.Context, listen string) (*Profiles, error) {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fmt.Errorf("profiles: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("profiles: %q is not on loopback; want 127.0.0.1:PORT", listen)
	}
	p := &Profiles{}
	if p.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", listen); err != nil {
		return nil, fmt.Errorf("profiles: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	p.server = http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 16 << 10}
	return p, nil
}

// Addr is where it listens.
func (p *Profiles) Addr() net.Addr { return p.listener.Addr() }

// Run serves until ctx ends; a profile that is being made then is given up.
func (p *Profiles) Run(ctx context.Context) error {
	served := make(chan error, 1)
	go func() { served <- p.server.Serve(p.listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("profiles: %w", err)
	case <-ctx.Done():
	}
	err := p.server.Close()
	if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
