package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"foghorn/indexer/api/when"
	"foghorn/indexer/search"
	"foghorn/pipeline/query"
)

// Search is the body of POST /api/v1/search; a GET gives the same names (without grep)
// as parameters of the URL. All members may be left out.
type Search struct {
	// Q is a query, Where a second one that context lines need not fulfil. Grep gives
	// patterns instead of, or besides, Q.
	Q     string `json:"q,omitempty"`
	Grep  *Grep  `json:"grep,omitempty"`
	Where string `json:"where,omitempty"`
	// Since and Until are points in time as package when reads them.
	Since string `json:"since,omitempty"`
	Until string `json:"until,omitempty"`
	// Order is newest (the default), oldest or file; Mode lines (the default), counts
	// or sources.
	Order string `json:"order,omitempty"`
	Mode  string `json:"mode,omitempty"`
	// Limit bounds the matching lines: DefaultLimit when it is left out, no bound when
	// it is 0. PerSource bounds those of each source.
	Limit     *int `json:"limit,omitempty"`
	PerSource int  `json:"per_source,omitempty"`
	Before    int  `json:"before,omitempty"`
	After     int  `json:"after,omitempty"`
	// Cursor is the one of a summary; it goes with otherwise unchanged parameters.
	Cursor string `json:"cursor,omitempty"`
	// Budget is the time that the search may take, as "30s".
	Budget string `json:"budget,omitempty"`
	// Format is ndjson (the default) or json.
	Format string `json:"format,omitempty"`
	// Fields false leaves out what the parser found.
	Fields *bool `json:"fields,omitempty"`
	// Coverage brief leaves the sources that are complete out of the summary.
	Coverage string `json:"coverage,omitempty"`
	// Explain asks the summary to tell how the answer came about.
	Explain bool `json:"explain,omitempty"`
}

// Grep is what a grep command line asks for.
type Grep struct {
	Patterns []string `json:"patterns,omitempty"`
	// Bytes are patterns that are not UTF-8, which JSON strings cannot hold.
	Bytes      [][]byte `json:"patterns_base64,omitempty"`
	Fixed      bool     `json:"fixed,omitempty"`
	IgnoreCase bool     `json:"ignore_case,omitempty"`
	Word       bool     `json:"word,omitempty"`
	Line       bool     `json:"line,omitempty"`
	Invert     bool     `json:"invert,omitempty"`
}

// DefaultLimit is how many lines a search returns when it does not say.
const DefaultLimit = 100

// searchOf reads the parameters of a GET or the body of a POST.
func (s *Server) searchOf(w http.ResponseWriter, r *http.Request) (Search, *Problem) {
	if r.Method == http.MethodPost {
		return s.bodyOf(w, r)
	}
	var in Search
	v, p := parameters(r, "q", "where", "since", "until", "order", "mode", "limit", "per_source", "before", "after", "cursor", "budget", "format", "fields", "coverage", "explain")
	if p != nil {
		return in, p
	}
	in = Search{
		Q: v.Get("q"), Where: v.Get("where"), Since: v.Get("since"), Until: v.Get("until"), Order: v.Get("order"), Mode: v.Get("mode"),
		Cursor: v.Get("cursor"), Budget: v.Get("budget"), Format: v.Get("format"), Coverage: v.Get("coverage"),
	}
	if v.Has("limit") {
		in.Limit = new(int)
	}
	for name, to := range map[string]*int{"limit": in.Limit, "per_source": &in.PerSource, "before": &in.Before, "after": &in.After} {
		if p := integer(v, name, to); p != nil {
			return in, p
		}
	}
	if v.Has("fields") {
		in.Fields = new(bool)
	}
	if p := boolean(v, "explain", &in.Explain); p != nil {
		return in, p
	}
	return in, boolean(v, "fields", in.Fields)
}

func (s *Server) bodyOf(w http.ResponseWriter, r *http.Request) (in Search, p *Problem) {
	p = s.jsonBody(w, r, &in)
	return in, p
}

// jsonBody decodes the body of a POST, strictly.
func (s *Server) jsonBody(w http.ResponseWriter, r *http.Request, into any) *Problem {
	if r.URL.RawQuery != "" {
		return problem(http.StatusBadRequest, "bad-parameter", "bad parameter", "a POST has its parameters in the body, none in the URL")
	}
	// A form of a foreign page cannot send this type without asking first.
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return problem(http.StatusUnsupportedMediaType, "bad-body", "bad body", "the body must be JSON: set Content-Type: application/json")
	}
	rc := http.NewResponseController(w)
	rc.SetReadDeadline(time.Now().Add(s.cfg.ReadTimeout))
	defer rc.SetReadDeadline(time.Time{})
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, s.cfg.MaxBody))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("there is more after the object")
		}
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return problem(http.StatusRequestEntityTooLarge, "too-large", "the request is too large", fmt.Sprintf("a body has at most %d bytes", large.Limit))
	case err != nil:
		return badBody(err)
	}
	return nil
}

// badBody is the problem of a body that is not the JSON object expected.
func badBody(err error) *Problem {
	p := problem(http.StatusBadRequest, "bad-body", "bad body", strings.TrimPrefix(err.Error(), "json: "))
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &kind) && kind.Field == "":
		p.Detail = "expected an object, found " + kind.Value
	case errors.As(err, &kind):
		p.Detail = fmt.Sprintf("%s: %s is no %s", kind.Field, kind.Value, jsonKind(kind.Type))
		p.Pointer = "#/" + strings.ReplaceAll(kind.Field, ".", "/")
	case errors.As(err, &syntax):
		p.Detail = fmt.Sprintf("byte %d: %s", syntax.Offset, syntax.Error())
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		p.Detail = "the body ends before its object does"
	}
	return p
}

// jsonKind is what a member of a type has to be in JSON.
func jsonKind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return jsonKind(t.Elem())
	case reflect.Bool:
		return "truth value"
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return "whole number"
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 {
			return "array"
		}
	case reflect.Struct:
		return "object"
	}
	return "text"
}

// request makes the search of what was asked. now is what relative times refer to.
func (in *Search) request(cfg Config, now time.Time) (req search.Request, p *Problem) {
	var err error
	fail := func(name string, err error) (search.Request, *Problem) { return req, badParameter(name, err) }
	if req.Query, err = query.Parse(in.Q); err != nil {
		return fail("q", err)
	}
	if in.Grep != nil {
		n, err := in.Grep.node()
		if err != nil {
			return fail("grep/patterns", err)
		}
		if in.Q == "" {
			req.Query = n
		} else {
			req.Query = both(req.Query, n)
		}
	}
	if in.Where != "" {
		if req.Where, err = query.Parse(in.Where); err != nil {
			return fail("where", err)
		}
	}
	if req.Since, err = when.Parse(in.Since, now); err != nil {
		return fail("since", err)
	}
	if req.Until, err = when.Parse(in.Until, now); err != nil {
		return fail("until", err)
	}
	if !req.Since.IsZero() && !req.Until.IsZero() && !req.Since.Before(req.Until) {
		return fail("until", fmt.Errorf("%s is not after since, %s", req.Until.Format(time.RFC3339), req.Since.Format(time.RFC3339)))
	}
	if req.Order, err = choice(in.Order, map[string]search.Order{"": search.Newest, "newest": search.Newest, "oldest": search.Oldest, "file": search.ByFile}); err != nil {
		return fail("order", err)
	}
	if req.Mode, err = choice(in.Mode, map[string]search.Mode{"": search.Lines, "lines": search.Lines, "counts": search.Counts, "sources": search.Sources}); err != nil {
		return fail("mode", err)
	}
	if req.Mode != search.Lines { // results are sources, which have no time
		req.Order = search.ByFile
	}
	req.Limit = DefaultLimit
	if in.Limit != nil {
		req.Limit = *in.Limit
	} else if req.Mode != search.Lines {
		req.Limit = 0
	}
	req.PerSource, req.Before, req.After = in.PerSource, in.Before, in.After
	for name, n := range map[string]int{"limit": req.Limit, "per_source": req.PerSource, "before": req.Before, "after": req.After} {
		if n < 0 || n > math.MaxInt32 {
			return fail(name, fmt.Errorf("%d is not within 0 and %d", n, math.MaxInt32))
		}
		if n > 0 && name != "limit" && req.Order != search.ByFile {
			return fail(name, errors.New("goes with order=file only"))
		}
	}
	req.Cursor, req.Budget, req.Explain = in.Cursor, cfg.Budget, in.Explain
	if in.Budget != "" {
		if req.Budget, err = when.Duration(in.Budget); err != nil {
			return fail("budget", err)
		}
		if most := max(cfg.MaxBudget, cfg.Budget); req.Budget <= 0 || req.Budget > most {
			return fail("budget", fmt.Errorf("%s is not above zero and at most %s", in.Budget, most))
		}
	}
	if _, err = choice(in.Format, map[string]bool{"": true, "ndjson": true, "json": true}); err != nil {
		return fail("format", err)
	}
	if _, err = choice(in.Coverage, map[string]bool{"": true, "full": true, "brief": true}); err != nil {
		return fail("coverage", err)
	}
	return req, nil
}

// parameters returns the URL's parameters when all are known and none comes twice.
func parameters(r *http.Request, known ...string) (url.Values, *Problem) {
	v, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, problem(http.StatusBadRequest, "bad-parameter", "bad parameter", "the URL cannot be read: "+err.Error())
	}
	for name, values := range v {
		ok := false
		for _, k := range known {
			ok = ok || k == name
		}
		if !ok {
			return nil, badParameter(name, errors.New("there is no such parameter; known are "+strings.Join(known, ", ")))
		}
		if len(values) > 1 {
			return nil, badParameter(name, errors.New("it is given more than once"))
		}
	}
	return v, nil
}

func integer(v url.Values, name string, to *int) *Problem {
	if !v.Has(name) {
		return nil
	}
	n, err := strconv.Atoi(v.Get(name))
	if err != nil {
		return badParameter(name, fmt.Errorf("%q is not a whole number", v.Get(name)))
	}
	*to = n
	return nil
}

func boolean(v url.Values, name string, to *bool) *Problem {
	if !v.Has(name) {
		return nil
	}
	b, err := strconv.ParseBool(v.Get(name))
	if err != nil {
		return badParameter(name, fmt.Errorf("%q is not 0 or 1", v.Get(name)))
	}
	*to = b
	return nil
}

// oneOf checks a parameter that is one of some words, or left out.
func oneOf(v url.Values, name string, words ...string) *Problem {
	of := map[string]bool{"": true}
	for _, w := range words {
		of[w] = true
	}
	if _, err := choice(v.Get(name), of); err != nil {
		return badParameter(name, err)
	}
	return nil
}

func choice[T any](text string, of map[string]T) (T, error) {
	v, ok := of[text]
	if ok {
		return v, nil
	}
	var names []string
	for name := range of {
		if name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return v, fmt.Errorf("%q is none of %s", text, strings.Join(names, ", "))
}
