package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"foghorn/indexer/api"
	"foghorn/indexer/search"
	"foghorn/pipeline"
)

// DefaultServer is where a server listens unless told otherwise.
const DefaultServer = "http://127.0.0.1:8514"

// Client asks one server. It is safe for concurrent use.
type Client struct {
	server string
	http   *http.Client
}

// New returns a client of the server at an address such as http://127.0.0.1:8514; an
// address without a scheme is taken as http.
func New(server string) (*Client, error) {
	if !strings.Contains(server, "://") {
		server = "http://" + server
	}
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.RawQuery != "" {
		return nil, fmt.Errorf("bad server address %q: expected one such as %s", server, DefaultServer)
	}
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout: 10 * time.Second,
		IdleConnTimeout:     30 * time.Second,
		MaxIdleConnsPerHost: 4,
		ForceAttemptHTTP2:   true,
	}
	return &Client{server: strings.TrimRight(server, "/"), http: &http.Client{Transport: transport}}, nil
}

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// UnreachableError says that no server answered; its text says what to start.
type UnreachableError struct {
	Server string
	Err    error
}

// Error names the server, the reason, and the ways out.
func (e *UnreachableError) Error() string {
	reason := e.Err
	var u *url.Error
	if errors.As(reason, &u) {
		reason = u.Err
	}
	return fmt.Sprintf("no Foghorn server at %s (%v): start one with \"foghorn up\" or \"foghorn index\", or name another with --server or FOGHORN_SERVER", e.Server, reason)
}

// Unwrap returns the reason.
func (e *UnreachableError) Unwrap() error { return e.Err }

// patience is how often and how long a busy server (429) is asked again.
const (
	busyTries   = 6
	busyLongest = 5 * time.Second
)

// do sends a request and returns the body of a successful answer. Everything else is an
// error: an *api.Problem when the server says what is wrong, an *UnreachableError when it
// did not answer.
func (c *Client) do(ctx context.Context, method, path string, params url.Values, body []byte, accept string) (io.ReadCloser, error) {
	target := c.server + path
	if len(params) > 0 {
		target += "?" + params.Encode()
	}
	for try := 1; ; try++ {
		req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
		if err != nil {
			return nil, fmt.Errorf("make request: %w", err)
		}
		req.Header.Set("Accept", accept)
		if body != nil {
			req.Header.Set("Content-Type", "application/json")
		}
		res, err := c.http.Do(req)
		if err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, &UnreachableError{Server: c.server, Err: err}
		}
		if res.StatusCode == http.StatusOK {
			return res.Body, nil
		}
		err = failure(res)
		res.Body.Close()
		if res.StatusCode != http.StatusTooManyRequests || try == busyTries {
			return nil, err
		}
		pause := time.Second
		if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s >= 0 {
			pause = min(time.Duration(s)*time.Second, busyLongest)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// failure reads what a server says that refuses.
func failure(res *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("read the server's answer %s: %w", res.Status, err)
	}
	var p api.Problem
	if strings.HasPrefix(res.Header.Get("Content-Type"), api.ProblemType) && json.Unmarshal(body, &p) == nil && p.Title != "" {
		return &p
	}
	return fmt.Errorf("the server answered %s: is it a Foghorn server? %.200q", res.Status, body)
}

// get decodes a JSON answer into v.
func (c *Client) get(ctx context.Context, path string, params url.Values, v any) error {
	body, err := c.do(ctx, http.MethodGet, path, params, nil, "application/json")
	if err != nil {
		return err
	}
	defer body.Close()
	if err := json.NewDecoder(body).Decode(v); err != nil {
		return fmt.Errorf("read the answer of %s: %w", path, err)
	}
	return nil
}

// Coverage returns how complete the server's index is.
func (c *Client) Coverage(ctx context.Context) (search.Coverage, error) {
	var v search.Coverage
	return v, c.get(ctx, "/api/v1/coverage", nil, &v)
}

// AnomalyQuery chooses anomalies; the zero value all of them, in their newest state.
type AnomalyQuery struct {
	State    string // firing, resolved or all
	Rule     string
	Severity string
	Since    string
	Limit    *int
	// Events asks for every lifecycle event instead of the newest state.
	Events bool
}

func (q AnomalyQuery) values() url.Values {
	v := url.Values{}
	for name, value := range map[string]string{"state": q.State, "rule": q.Rule, "severity": q.Severity, "since": q.Since} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.Limit != nil {
		v.Set("limit", strconv.Itoa(*q.Limit))
	}
	if q.Events {
		v.Set("events", "1")
	}
	return v
}

// Anomalies returns the anomalies chosen, the oldest first.
func (c *Client) Anomalies(ctx context.Context, q AnomalyQuery) ([]pipeline.Anomaly, error) {
	var v api.AnomalyList
	err := c.get(ctx, "/api/v1/anomalies", q.values(), &v)
	return v.Anomalies, err
}
