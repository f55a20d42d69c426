package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"foghorn/indexer/search"
	"foghorn/pipeline"
)

// DefaultContext is how many lines before and after a line are given when a request does
// not say, MaxContext how many it may ask for.
const (
	DefaultContext = 10
	MaxContext     = 10_000
)

// context answers /api/v1/context: a line, by its identity as a hit tells it, and the lines
// around it in its source, as a search answers.
func (s *Server) context(w http.ResponseWriter, r *http.Request) {
	v, p := parameters(r, "source", "generation", "offset", "before", "after", "format", "fields", "coverage")
	if p != nil {
		p.write(w)
		return
	}
	around, p := aroundOf(v)
	if p != nil {
		p.write(w)
		return
	}
	fields := true
	for _, p := range []*Problem{boolean(v, "fields", &fields), oneOf(v, "format", "ndjson", "json"), oneOf(v, "coverage", "full", "brief")} {
		if p != nil {
			p.write(w)
			return
		}
	}
	around.BodyOnly = !fields
	release, p := s.searches.take("searches")
	if p != nil {
		p.write(w)
		return
	}
	defer release()
	s.answer(w, r, &answer{
		hits:  hitWriter{encoder: encoder{fields: fields, mode: search.Lines}, asArray: v.Get("format") == "json"},
		brief: v.Get("coverage") == "brief",
		run: func(hit func(*search.Hit) error) (search.Summary, error) {
			return s.deps.Searcher.Context(r.Context(), around, hit)
		},
	})
}

// aroundOf reads which line is asked for, and how much around it.
func aroundOf(v url.Values) (search.Around, *Problem) {
	a := search.Around{Before: DefaultContext, After: DefaultContext, Line: pipeline.LineID{Source: v.Get("source")}}
	var err error
	if a.Line.Source == "" {
		return a, badParameter("source", errors.New("it is missing; expected the source of a hit"))
	}
	if a.Line.Generation, err = strconv.ParseUint(v.Get("generation"), 10, 64); err != nil {
		return a, badParameter("generation", fmt.Errorf("%q is not the generation of a hit, a whole number", v.Get("generation")))
	}
	if a.Line.Offset, err = strconv.ParseInt(v.Get("offset"), 10, 64); err != nil || a.Line.Offset < 0 {
		return a, badParameter("offset", fmt.Errorf("%q is not the offset of a hit, a whole number", v.Get("offset")))
	}
	for _, n := range []struct {
		name string
		to   *int
	}{{"before", &a.Before}, {"after", &a.After}} {
		if p := integer(v, n.name, n.to); p != nil {
			return a, p
		}
		if *n.to < 0 || *n.to > MaxContext {
			return a, badParameter(n.name, fmt.Errorf("%d is not within 0 and %d", *n.to, MaxContext))
		}
	}
	return a, nil
}
