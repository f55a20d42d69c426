package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"foghorn/indexer/api/when"
	"foghorn/pipeline"
)

// anomalyFilter is what /api/v1/anomalies was asked for.
type anomalyFilter struct {
	state    string // firing, resolved or all
	rule     string
	severity string
	since    time.Time
	limit    int
	events   bool
	follow   bool
}

func anomalyFilterOf(r *http.Request, now time.Time) (f anomalyFilter, p *Problem) {
	v, p := parameters(r, "state", "rule", "severity", "since", "limit", "events", "follow")
	if p != nil {
		return f, p
	}
	f = anomalyFilter{rule: v.Get("rule"), severity: v.Get("severity"), limit: 1000}
	var err error
	if f.state, err = choice(v.Get("state"), map[string]string{"": "all", "all": "all", "firing": "firing", "resolved": "resolved"}); err != nil {
		return f, badParameter("state", err)
	}
	if f.since, err = when.Parse(v.Get("since"), now); err != nil {
		return f, badParameter("since", err)
	}
	if p = integer(v, "limit", &f.limit); p != nil {
		return f, p
	}
	if f.limit < 0 {
		return f, badParameter("limit", errors.New("it is below zero"))
	}
	for name, to := range map[string]*bool{"events": &f.events, "follow": &f.follow} {
		if p = boolean(v, name, to); p != nil {
			return f, p
		}
	}
	return f, nil
}

func (f *anomalyFilter) match(a *pipeline.Anomaly) bool {
	resolved := a.State == pipeline.AnomalyResolved
	return (f.state == "all" || (f.state == "resolved") == resolved) &&
		(f.rule == "" || a.Rule == f.rule) &&
		(f.severity == "" || a.Severity == f.severity) &&
		(f.since.IsZero() || !a.LastSeen.Before(f.since))
}

// list returns what fits, oldest start first, the newest limit of them.
func (f *anomalyFilter) list(all []pipeline.Anomaly) []pipeline.Anomaly {
	out := make([]pipeline.Anomaly, 0, len(all))
	for i := range all {
		if f.match(&all[i]) {
			out = append(out, all[i])
		}
	}
	if !f.events { // events are in the order in which they were made
		slices.SortStableFunc(out, func(a, b pipeline.Anomaly) int {
			if c := a.Started.Compare(b.Started); c != 0 {
				return c
			}
			return strings.Compare(a.ID, b.ID)
		})
	}
	if f.limit > 0 && len(out) > f.limit {
		out = out[len(out)-f.limit:]
	}
	return out
}

// AnomalyList is the answer of /api/v1/anomalies without follow.
type AnomalyList struct {
	Anomalies []pipeline.Anomaly `json:"anomalies"`
}

// anomalies answers /api/v1/anomalies: the newest state of each anomaly, or with events=1
// every lifecycle event kept; with follow=1 a stream of these and then of what comes.
func (s *Server) anomalies(w http.ResponseWriter, r *http.Request) {
	f, p := anomalyFilterOf(r, time.Now())
	if p != nil {
		p.write(w)
		return
	}
	if f.follow {
		s.followAnomalies(w, r, f)
		return
	}
	writeJSON(w, http.StatusOK, AnomalyList{Anomalies: f.list(s.anomalySnapshot(f))})
}

func (s *Server) anomalySnapshot(f anomalyFilter) []pipeline.Anomaly {
	if f.events {
		return s.deps.Board.Events()
	}
	return s.deps.Board.Anomalies()
}

// followAnomalies streams as NDJSON, or as server-sent events to a client that asks for
// them. It subscribes before it reads what is there, so that nothing falls between.
func (s *Server) followAnomalies(w http.ResponseWriter, r *http.Request, f anomalyFilter) {
	release, p := s.streams.take("open streams")
	if p != nil {
		p.write(w)
		return
	}
	defer release()
	sse := strings.Contains(r.Header.Get("Accept"), "text/event-stream")
	contentType := "application/x-ndjson"
	if sse {
		contentType = "text/event-stream"
	}
	out := newStream(w, contentType, s.cfg.WriteTimeout)
	coming, dropped := s.deps.Board.Subscribe(r.Context(), s.cfg.TailBuffer)

	snapshot := s.anomalySnapshot(f)
	known := map[string]int{} // the newest event of each anomaly in the snapshot
	for i := range snapshot {
		known[snapshot[i].ID] = max(snapshot[i].Seq, known[snapshot[i].ID])
	}
	send := func(a *pipeline.Anomaly) {
		text, err := json.Marshal(a)
		if err != nil {
			return
		}
		out.write(func(b []byte) []byte {
			if sse {
				b = appendEventHead(b, "anomaly")
				return append(append(b, text...), "\n\n"...)
			}
			return append(append(b, text...), '\n')
		})
	}
	for _, a := range f.list(snapshot) {
		send(&a)
	}
	if sse {
		out.write(appendHeartbeat)
	}
	heartbeat := time.NewTicker(s.cfg.Heartbeat)
	defer heartbeat.Stop()
	var told int64
	for {
		if out.flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-s.stopping:
			if sse {
				out.write(appendStop)
				out.flush()
			}
			return
		case <-heartbeat.C:
			out.write(func(b []byte) []byte {
				if sse {
					return appendHeartbeat(b)
				}
				return append(b, '\n') // an empty line, to be skipped
			})
		case a, ok := <-coming:
			if !ok {
				return
			}
			if last, ok := known[a.ID]; (!ok || a.Seq > last) && f.match(&a) {
				send(&a)
			}
		}
		if n := dropped(); n > told {
			told = n
			out.write(func(b []byte) []byte {
				if sse {
					return appendDropped(b, n)
				}
				return append(strconv.AppendInt(append(b, `{"dropped":`...), n, 10), "}\n"...)
			})
		}
	}
}
