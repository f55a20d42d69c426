package api

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// guard refuses what a browser sends for a foreign page, and what is too large, before
// any route sees it. There is no password on loopback, so the browser of whoever reads
// the logs must not become the door: a Host that is a foreign name is DNS rebinding, an
// Origin that is not ourselves is another site.
type guard struct {
	hosts  map[string]bool
	maxURL int
	next   http.Handler
}

func newGuard(cfg Config, next http.Handler) *guard {
	g := &guard{hosts: map[string]bool{"localhost": true}, maxURL: cfg.MaxURL, next: next}
	if name, err := os.Hostname(); err == nil {
		g.hosts[strings.ToLower(name)] = true
	}
	if host, _, err := net.SplitHostPort(cfg.Listen); err == nil && host != "" {
		g.hosts[strings.ToLower(host)] = true
	}
	for _, h := range cfg.AllowedHosts {
		g.hosts[strings.ToLower(h)] = true
	}
	return g
}

// ServeHTTP passes the request on or answers with a problem.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if p := g.check(r); p != nil {
		p.write(w)
		return
	}
	g.next.ServeHTTP(w, r)
}

func (g *guard) check(r *http.Request) *Problem {
	if len(r.RequestURI) > g.maxURL {
		return problem(http.StatusRequestURITooLong, "too-large", "the request is too large", "the URL is too long: send the parameters in the body of a POST")
	}
	if !g.known(r.Host) {
		return problem(http.StatusForbidden, "foreign-host", "foreign host name",
			"the server does not answer to the name "+strconv.Quote(r.Host)+"; use its address, localhost, or add the name to the allowed hosts")
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		if u, err := url.Parse(origin); err != nil || !strings.EqualFold(u.Host, r.Host) {
			return problem(http.StatusForbidden, "foreign-origin", "foreign origin", "pages of "+strconv.Quote(origin)+" may not read the logs")
		}
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" {
		return problem(http.StatusForbidden, "foreign-origin", "foreign origin", "pages of other sites may not read the logs")
	}
	return nil
}

// known says whether a Host header names this server. An IP address cannot be rebound.
func (g *guard) known(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return g.hosts[host]
}
