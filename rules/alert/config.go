package alert

import (
	"errors"
	"fmt"
	"net/url"
	"time"
)

// Config says whom to tell and how long to try.
type Config struct {
	// Receivers are told in parallel, each at its own pace. Without any, anomalies are
	// written to the log.
	Receivers []Receiver `yaml:"receivers"`
	// Queue is how many events wait for one receiver. Default 1000.
	Queue int `yaml:"queue"`
	// Timeout bounds one request. Default 10 s.
	Timeout time.Duration `yaml:"timeout"`
	// MinBackoff and MaxBackoff bound the pause after a failed request; it doubles, with
	// jitter. Defaults 500 ms and 30 s.
	MinBackoff time.Duration `yaml:"min_backoff"`
	MaxBackoff time.Duration `yaml:"max_backoff"`
	// Patience is how long a full queue may hold up the reading of anomalies without any
	// delivery; after that the oldest waiting event is dropped. Default 30 s.
	Patience time.Duration `yaml:"patience"`
	// GiveUp is the age (since it was written to the topic) at which an event is no
	// longer tried. Default 6 h.
	GiveUp time.Duration `yaml:"give_up"`
	// Resend is how often a firing anomaly is sent to Alertmanager again; its end is set
	// to four times as far in the future. Default 1 min, which suits Alertmanager's
	// resolve_timeout of 5 min.
	Resend time.Duration `yaml:"resend"`
	// Lookback is how far back events are read at the start, to know what fires and what
	// was already delivered. Default 7 days.
	Lookback time.Duration `yaml:"lookback"`
}

// Receiver is one place to tell. Exactly one of Alertmanager and Webhook is set.
type Receiver struct {
	// Name appears in logs and metrics. Default: the URL's host, numbered when taken.
	Name string `yaml:"name"`
	// Alertmanager is the base URL of an Alertmanager, without /api/v2/alerts. List each
	// member of a cluster as a receiver of its own.
	Alertmanager string `yaml:"alertmanager"`
	// Webhook is a URL that gets each event as JSON (pipeline.Anomaly) by POST.
	Webhook string `yaml:"webhook"`
	// BearerFile holds a token for the Authorization header. It is read for each
	// request, so it may be rotated.
	BearerFile string `yaml:"bearer_file"`
	// HMACFile holds a secret; requests then carry Foghorn-Signature: sha256=<hex
	// HMAC-SHA256 of the body>. Webhooks only.
	HMACFile string `yaml:"hmac_file"`
}

// DefaultConfig returns a Config without receivers.
func DefaultConfig() Config {
	return Config{
		Queue:      1000,
		Timeout:    10 * time.Second,
		MinBackoff: 500 * time.Millisecond,
		MaxBackoff: 30 * time.Second,
		Patience:   30 * time.Second,
		GiveUp:     6 * time.Hour,
		Resend:     time.Minute,
		Lookback:   7 * 24 * time.Hour,
	}
}

// Validate reports every fault of the configuration at once.
func (c *Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Queue < 1 {
		bad("alert.queue: want at least 1, have %d", c.Queue)
	}
	for _, d := range []struct {
		name string
		v    time.Duration
	}{
		{"timeout", c.Timeout}, {"min_backoff", c.MinBackoff}, {"max_backoff", c.MaxBackoff},
		{"patience", c.Patience}, {"give_up", c.GiveUp}, {"resend", c.Resend}, {"lookback", c.Lookback},
	} {
		if d.v <= 0 {
			bad("alert.%s: want a duration above 0, have %s", d.name, d.v)
		}
	}
	if c.MaxBackoff < c.MinBackoff {
		bad("alert.max_backoff: want at least min_backoff (%s), have %s", c.MinBackoff, c.MaxBackoff)
	}
	names := map[string]int{}
	for i := range c.Receivers {
		r := &c.Receivers[i]
		at := fmt.Sprintf("alert.receivers[%d]", i)
		switch {
		case (r.Alertmanager == "") == (r.Webhook == ""):
			bad("%s: want exactly one of alertmanager and webhook", at)
			continue
		case r.Alertmanager != "" && r.HMACFile != "":
			bad("%s.hmac_file: Alertmanager knows no signatures; use bearer_file", at)
		}
		u, err := url.Parse(r.target())
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			bad("%s: want an http or https URL", at) // not shown: it may hold a secret
			continue
		}
		if r.Name == "" {
			continue
		}
		if j, ok := names[r.Name]; ok {
			bad("%s.name: %q is also the name of receivers[%d]", at, r.Name, j)
		}
		names[r.Name] = i
	}
	return errors.Join(errs...)
}

func (r *Receiver) target() string {
	if r.Alertmanager != "" {
		return r.Alertmanager
	}
	return r.Webhook
}

// labels returns the receivers' names for logs and metrics, all different. They never show
// a URL's path, query or user, where secrets live.
func (c *Config) labels() []string {
	taken := map[string]bool{}
	for i := range c.Receivers {
		taken[c.Receivers[i].Name] = true
	}
	out := make([]string, len(c.Receivers))
	for i := range c.Receivers {
		r := &c.Receivers[i]
		out[i] = r.Name
		if r.Name != "" {
			continue
		}
		host := "receiver"
		if u, err := url.Parse(r.target()); err == nil && u.Host != "" {
			host = u.Host
		}
		out[i] = host
		for n := 2; taken[out[i]]; n++ {
			out[i] = fmt.Sprintf("%s-%d", host, n)
		}
		taken[out[i]] = true
	}
	return out
}
