package api

import (
	"encoding/json"
	"net/http"
	"time"

	"foghorn/indexer/search"
)

// Summary is the last object of every search that did not fail: {"summary": …}.
type Summary struct {
	search.Summary
	// Coverage says how complete the store was when the search began: what came to it since
	// is not in the answer.
	Coverage search.Coverage `json:"coverage"`
}

// summaryOf joins what a search found and the coverage at its beginning. What it could not
// read may be news to that.
func summaryOf(found search.Summary, coverage search.Coverage) Summary {
	coverage.Complete = coverage.Complete && len(found.Missing) == 0
	return Summary{Summary: found, Coverage: coverage}
}

// search answers /api/v1/search.
func (s *Server) search(w http.ResponseWriter, r *http.Request) {
	in, p := s.searchOf(w, r)
	if p != nil {
		p.write(w)
		return
	}
	// Patterns take time, too.
	release, p := s.searches.take("searches")
	if p != nil {
		p.write(w)
		return
	}
	defer release()
	req, p := in.request(s.cfg, time.Now())
	if p != nil {
		p.write(w)
		return
	}
	req.BodyOnly = in.Fields != nil && !*in.Fields
	s.answer(w, r, &answer{
		hits:  hitWriter{encoder: encoder{fields: !req.BodyOnly, mode: req.Mode}, asArray: in.Format == "json"},
		brief: in.Coverage == "brief",
		run: func(hit func(*search.Hit) error) (search.Summary, error) {
			return s.deps.Searcher.Search(r.Context(), req, hit)
		},
	})
}

// answer is a stream of hits that ends with a summary.
type answer struct {
	hits  hitWriter
	brief bool // the coverage
	run   func(hit func(*search.Hit) error) (search.Summary, error)
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, a *answer) {
	contentType := "application/x-ndjson"
	if a.hits.asArray {
		contentType = "application/json"
	}
	out := newStream(w, contentType, s.cfg.WriteTimeout)
	coverage := s.coverageNow(a.brief)
	stop := out.flushing()
	defer stop()
	found, err := a.run(func(h *search.Hit) error {
		a.hits.hit = h
		return out.write(a.hits.append)
	})
	stop()
	if err != nil {
		p := problemOf(r.Context(), err)
		if !out.begun() {
			p.write(w)
			return
		}
		out.write(func(b []byte) []byte { return a.hits.end(b, "error", p) })
	} else {
		summary := summaryOf(found, coverage)
		out.write(func(b []byte) []byte { return a.hits.end(b, "summary", summary) })
	}
	_ = out.close() // the client is gone
}

// coverageNow is how complete the store is now.
func (s *Server) coverageNow(short bool) search.Coverage {
	if short {
		return s.deps.Searcher.Incomplete()
	}
	return s.deps.Searcher.Coverage()
}

// hitWriter appends hits as lines, or as the elements of one array:
//
//	{…}\n{…}\n{"summary":…}\n          {"hits":[{…},\n{…}],"summary":…}\n
type hitWriter struct {
	encoder
	asArray bool
	begun   bool
	hit     *search.Hit // the next to append
}

func (h *hitWriter) append(b []byte) []byte {
	switch {
	case !h.asArray:
		return append(h.appendHit(b, h.hit), '\n')
	case h.begun:
		b = append(b, ",\n"...)
	default:
		b = append(b, `{"hits":[`...)
		h.begun = true
	}
	return h.appendHit(b, h.hit)
}

// end appends the last object, or the end of the array.
func (h *hitWriter) end(b []byte, name string, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		name, text = "error", []byte(`{"type":"urn:foghorn:problem:internal","title":"the server failed","status":500,"detail":"encode the summary"}`)
	}
	switch {
	case !h.asArray:
		b = append(b, `{"`...)
	case h.begun:
		b = append(b, `],"`...)
	default:
		b = append(b, `{"hits":[],"`...)
	}
	b = append(b, name...)
	b = append(b, `":`...)
	b = append(b, text...)
	return append(b, "}\n"...)
}
