package alert

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
)

// amServer takes alerts as Alertmanager does: the newest by labels.
type amServer struct {
	*httptest.Server
	mu    sync.Mutex
	posts [][]amAlert
	bad   string // an alert with this client_address is answered 400
}

func newAMServer(t *testing.T) *amServer {
	s := &amServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var alerts []amAlert
		if r.Method != http.MethodPost || r.URL.Path != "/am/api/v2/alerts" || json.NewDecoder(r.Body).Decode(&alerts) != nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, a := range alerts {
			if s.bad != "" && a.Labels["client_address"] == s.bad {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
		}
		s.posts = append(s.posts, alerts)
	}))
	t.Cleanup(s.Close)
	return s
}

// about returns what was told of one address, in order.
func (s *amServer) about(address string) []amAlert {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []amAlert
	for _, p := range s.posts {
		for _, a := range p {
			if a.Labels["client_address"] == address {
				out = append(out, a)
			}
		}
	}
	return out
}

func TestFiringAlertsAreSentAgainUntilResolved(t *testing.T) {
	s, p := newAMServer(t), newTopic()
	p.append(t, event("1", 1, pipeline.AnomalyOpen))
	cfg := quick(Receiver{Alertmanager: s.URL + "/am/"})
	_, stop := start(t, cfg, p, io.Discard)
	eventually(t, "sent three times", func() bool { return len(s.about("10.0.0.1")) >= 3 })
	for _, a := range s.about("10.0.0.1") {
		if !a.EndsAt.After(a.StartsAt) || !a.StartsAt.Equal(event("1", 1, pipeline.AnomalyOpen).Started) {
			t.Fatalf("a firing alert from %s to %s", a.StartsAt, a.EndsAt)
		}
	}
	eventually(t, "committed", func() bool { return p.commit() == 1 })
	stop()

	// After a restart it is still sent again, though its event was committed.
	before := len(s.about("10.0.0.1"))
	start(t, cfg, p, io.Discard)
	eventually(t, "sent after the restart", func() bool { return len(s.about("10.0.0.1")) > before })

	p.append(t, event("1", 2, pipeline.AnomalyResolved))
	eventually(t, "resolved", func() bool { return p.commit() == 2 })
	told := s.about("10.0.0.1")
	last := told[len(told)-1]
	if want := *event("1", 2, pipeline.AnomalyResolved).ResolvedAt; !last.EndsAt.Equal(want) {
		t.Errorf("end of the resolved alert: want %s, have %s", want, last.EndsAt)
	}
	p.append(t, event("2", 1, pipeline.AnomalyOpen))
	eventually(t, "another one is sent again", func() bool { return len(s.about("10.0.0.2")) >= 3 })
	if n := len(s.about("10.0.0.1")); n != len(told) {
		t.Errorf("the resolved alert was sent %d times more", n-len(told))
	}
}

// An episode that ends after the next one of its rule and group opened does not end that
// one: both have the same labels.
func TestTheEndOfAnEpisodeDoesNotEndTheNext(t *testing.T) {
	for _, test := range []struct {
		name  string
		batch bool
	}{{"one by one", false}, {"in one request", true}} {
		t.Run(test.name, func(t *testing.T) {
			next := event("1", 1, pipeline.AnomalyOpen)
			next.ID, next.Started = "next", next.Started.Add(5*time.Minute)
			end := next
			end.Seq, end.State, end.ResolvedAt = 2, pipeline.AnomalyResolved, &end.LastSeen
			s, p := newAMServer(t), newTopic()
			cfg := quick(Receiver{Alertmanager: s.URL + "/am"})
			cfg.Resend = time.Hour
			events := []pipeline.Anomaly{event("1", 1, pipeline.AnomalyOpen), next, event("1", 2, pipeline.AnomalyResolved)}
			if test.batch {
				p.append(t, events...)
			}
			start(t, cfg, p, io.Discard)
			for i := range events {
				if !test.batch {
					p.append(t, events[i])
				}
				eventually(t, "committed", func() bool { return p.commit() > int64(i) })
			}
			told := s.about("10.0.0.1")
			if last := told[len(told)-1]; !last.EndsAt.After(time.Now()) {
				t.Errorf("the next episode does not fire: the last alert is from %s to %s", last.StartsAt, last.EndsAt)
			}
			p.append(t, end)
			eventually(t, "committed", func() bool { return p.commit() == 4 })
			told = s.about("10.0.0.1")
			if last := told[len(told)-1]; last.EndsAt.After(time.Now()) {
				t.Errorf("all ended, and the last alert fires until %s", last.EndsAt)
			}
		})
	}
}

func TestOneBadAlertDoesNotTakeTheOthersWithIt(t *testing.T) {
	s, p := newAMServer(t), newTopic()
	s.bad = "10.0.0.2"
	p.append(t, event("1", 1, pipeline.AnomalyOpen), event("2", 1, pipeline.AnomalyOpen), event("3", 1, pipeline.AnomalyOpen))
	cfg := quick(Receiver{Alertmanager: s.URL + "/am"})
	cfg.Resend = time.Hour
	start(t, cfg, p, io.Discard)
	eventually(t, "all committed", func() bool { return p.commit() == 3 })
	for address, want := range map[string]int{"10.0.0.1": 1, "10.0.0.2": 0, "10.0.0.3": 1} {
		if have := len(s.about(address)); have != want {
			t.Errorf("alerts about %s: want %d, have %d", address, want, have)
		}
	}
}

func TestPostable(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	a := event("9", 1, pipeline.AnomalyOpen)
	a.Group = map[string]string{"severity": "x", "client.address": "10.0.0.9", "client_address": "b", "9lives": "\xff", "empty": ""}
	a.Annotations = map[string]string{"run book": "https://example.org"}
	have := postable(&a, now, 4*time.Minute)
	want := map[string]string{"alertname": "sshd-bruteforce", "severity": "high", "group_severity": "x",
		"client_address": "10.0.0.9", "group_client_address": "b", "_9lives": "\uFFFD"}
	if diff := cmp.Diff(want, have.Labels); diff != "" {
		t.Errorf("labels (-want +have):\n%s", diff)
	}
	if have.Annotations["run_book"] != "https://example.org" || have.Annotations["anomaly_id"] != "9" {
		t.Errorf("annotations: %v", have.Annotations)
	}
	if !have.EndsAt.Equal(now.Add(4 * time.Minute)) {
		t.Errorf("a firing alert ends in the future, have %s", have.EndsAt)
	}

	ahead := event("9", 2, pipeline.AnomalyResolved)
	late := now.Add(time.Hour)
	ahead.Started, ahead.ResolvedAt = late, &late
	if have := postable(&ahead, now, time.Minute); have.EndsAt.After(now) || have.StartsAt.After(have.EndsAt) {
		t.Errorf("a resolved alert ahead of now must not fire: from %s to %s", have.StartsAt, have.EndsAt)
	}
}
