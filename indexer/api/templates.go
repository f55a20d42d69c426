package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"foghorn/indexer/api/when"
	"foghorn/pipeline/catalog"
)

// Templates is what is known about templates, and where decisions about them go.
type Templates interface {
	List(q catalog.Query) catalog.List
	Diff(q catalog.Query, before, after catalog.Period) catalog.Diff
	// Decide returns the template as it is after a decision.
	Decide(ctx context.Context, d catalog.Decision) (catalog.Row, error)
}

// templatesDefaultLimit is how many templates a list holds when it does not say.
const templatesDefaultLimit = 1000

// templates answers /api/v1/templates: a list, with diff what changed; a POST decides
// something about one.
func (s *Server) templates(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		s.decide(w, r)
		return
	}
	v, p := parameters(r, "service", "since", "until", "new", "muted", "diff", "limit")
	if p != nil {
		p.write(w)
		return
	}
	now := time.Now()
	q := catalog.Query{Service: v.Get("service")}
	limit, fresh := templatesDefaultLimit, false
	for name, to := range map[string]*time.Time{"since": &q.From, "until": &q.To} {
		var err error
		if *to, err = when.Parse(v.Get(name), now); err != nil {
			badParameter(name, err).write(w)
			return
		}
	}
	for name, to := range map[string]*bool{"new": &fresh, "muted": &q.Muted} {
		if p = boolean(v, name, to); p != nil {
			p.write(w)
			return
		}
	}
	if p = integer(v, "limit", &limit); p == nil && limit < 0 {
		p = badParameter("limit", errors.New("it is below zero"))
	}
	if p != nil {
		p.write(w)
		return
	}
	if s.deps.Templates == nil {
		noTemplates().write(w)
		return
	}
	if text := v.Get("diff"); text != "" {
		before, after, err := periods(text, now)
		switch {
		case err != nil:
			badParameter("diff", err).write(w)
		case fresh || v.Has("since") || v.Has("until"):
			badParameter("diff", errors.New("it tells the times to compare: new, since and until do not go with it")).write(w)
		default:
			d := s.deps.Templates.Diff(q, before, after)
			if limit > 0 && len(d.Changes) > limit {
				d.Changes = d.Changes[:limit]
			}
			writeJSON(w, http.StatusOK, d)
		}
		return
	}
	if fresh {
		if q.New = q.From; q.From.IsZero() {
			q.New = now.Add(-time.Hour)
		}
	}
	list := s.deps.Templates.List(q)
	if limit > 0 && len(list.Rows) > limit {
		list.Rows = list.Rows[:limit]
	}
	writeJSON(w, http.StatusOK, list)
}

func noTemplates() *Problem {
	return problem(http.StatusServiceUnavailable, "no-templates", "no templates", "this server was started without templates")
}

// periods reads T1..T2, which is compared with the same length before T1, or T1..T2,T3..T4,
// where the first is the time before.
func periods(text string, now time.Time) (before, after catalog.Period, err error) {
	first, second, both := strings.Cut(text, ",")
	if before, err = period(first, now); err != nil || !both {
		after = before
		before = catalog.Period{From: after.From.Add(after.From.Sub(after.To)), To: after.From}
		return before, after, err
	}
	after, err = period(second, now)
	return before, after, err
}

func period(text string, now time.Time) (p catalog.Period, err error) {
	from, to, ok := strings.Cut(text, "..")
	if !ok {
		return p, fmt.Errorf("expected T1..T2, or T1..T2,T3..T4, found %q", text)
	}
	if p.From, err = when.Parse(from, now); err != nil {
		return p, err
	}
	if p.To, err = when.Parse(to, now); err != nil {
		return p, err
	}
	if p.To.IsZero() {
		p.To = now
	}
	if p.From.IsZero() || !p.From.Before(p.To) {
		return p, fmt.Errorf("expected a time and a later one, found %q", text)
	}
	return p, nil
}

func (s *Server) decide(w http.ResponseWriter, r *http.Request) {
	var d catalog.Decision
	if p := s.jsonBody(w, r, &d); p != nil {
		p.write(w)
		return
	}
	if s.deps.Templates == nil {
		noTemplates().write(w)
		return
	}
	row, err := s.deps.Templates.Decide(r.Context(), d)
	var bad *catalog.BadDecision
	switch {
	case err == nil:
		writeJSON(w, http.StatusOK, row)
	case errors.Is(err, catalog.ErrUnknown):
		problem(http.StatusNotFound, "no-template", "no such template", err.Error()).write(w)
	case errors.As(err, &bad):
		badParameter(bad.Field, errors.New(bad.Message)).write(w)
	default:
		problem(http.StatusServiceUnavailable, "not-written", "the decision could not be written", err.Error()).write(w)
	}
}
