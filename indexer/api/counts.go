package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"foghorn/indexer/api/when"
	"foghorn/indexer/search"
)

// Bounds of /histogram and /facets: values that are listed when a request does not say, and
// at most, and fields that are counted in one go.
const (
	DefaultTop = 10
	MaxTop     = 1000
	MaxFacets  = 16
)

// Histogram is the answer of /api/v1/histogram.
type Histogram struct {
	// Interval is the width of the buckets, as the parameter takes it.
	Interval string `json:"interval"`
	search.Histogram
	Coverage search.Coverage `json:"coverage"`
}

// Facets is the answer of /api/v1/facets.
type Facets struct {
	search.Facets
	Coverage search.Coverage `json:"coverage"`
}

// histogram answers /api/v1/histogram.
func (s *Server) histogram(w http.ResponseWriter, r *http.Request) {
	s.count(w, r, []string{"interval", "by"}, func(v url.Values, f search.Filter, top int, c search.Coverage) (any, error) {
		spec := search.HistogramSpec{By: v.Get("by"), Top: top}
		if v.Has("interval") {
			var err error
			if spec.Interval, err = when.Duration(v.Get("interval")); err == nil && spec.Interval <= 0 {
				err = errors.New("it is not above zero")
			}
			if err != nil {
				return nil, badParameter("interval", err)
			}
		}
		h, err := s.deps.Searcher.Histogram(r.Context(), f, spec)
		return Histogram{Interval: h.Interval.String(), Histogram: h, Coverage: summaryOf(h.Summary, c).Coverage}, err
	})
}

// facets answers /api/v1/facets.
func (s *Server) facets(w http.ResponseWriter, r *http.Request) {
	s.count(w, r, []string{"field"}, func(v url.Values, f search.Filter, top int, c search.Coverage) (any, error) {
		fields := strings.Split(v.Get("field"), ",")
		for _, name := range fields {
			if name == "" || len(fields) > MaxFacets {
				return nil, badParameter("field", fmt.Errorf("expected 1 to %d names of fields, with commas between", MaxFacets))
			}
		}
		counts, err := s.deps.Searcher.Facets(r.Context(), f, fields, top)
		return Facets{Facets: counts, Coverage: summaryOf(counts.Summary, c).Coverage}, err
	})
}

// count reads the parameters that both have, and own ones, and answers with what run
// returns; a *Problem among its errors is the answer itself.
func (s *Server) count(w http.ResponseWriter, r *http.Request, own []string, run func(v url.Values, f search.Filter, top int, c search.Coverage) (any, error)) {
	v, p := parameters(r, append([]string{"q", "where", "since", "until"}, append(own, "top", "budget", "coverage")...)...)
	if p != nil {
		p.write(w)
		return
	}
	in := Search{Q: v.Get("q"), Where: v.Get("where"), Since: v.Get("since"), Until: v.Get("until"), Budget: v.Get("budget"), Coverage: v.Get("coverage")}
	release, p := s.searches.take("searches")
	if p != nil {
		p.write(w)
		return
	}
	defer release()
	req, p := in.request(s.cfg, time.Now())
	top := DefaultTop
	if p == nil {
		p = integer(v, "top", &top)
	}
	if p == nil && (top < 1 || top > MaxTop) {
		p = badParameter("top", fmt.Errorf("%d is not within 1 and %d", top, MaxTop))
	}
	if p != nil {
		p.write(w)
		return
	}
	f := search.Filter{Query: req.Query, Where: req.Where, Since: req.Since, Until: req.Until, Budget: req.Budget}
	out, err := run(v, f, top, s.coverageNow(in.Coverage == "brief"))
	// The server's own deadline is for answers that are made at once.
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(s.cfg.WriteTimeout))
	if err != nil {
		if !errors.As(err, &p) {
			p = problemOf(r.Context(), err)
		}
		p.write(w)
		return
	}
	writeJSON(w, http.StatusOK, out)
}
