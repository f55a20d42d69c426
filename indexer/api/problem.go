package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"foghorn/indexer/api/when"
	"foghorn/indexer/search"
	"foghorn/pipeline/query"
)

// Problem is an error as RFC 9457 has it, with our extension members. It is the body of
// every answer that is no success and the value of "error" in a stream that fails.
type Problem struct {
	// Type names the kind of problem: "urn:foghorn:problem:" and the kind. Title is the
	// kind in words, the same for all problems of a Type.
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	// Detail says what is wrong with this request and what was expected.
	Detail string `json:"detail,omitempty"`
	// Pointer is the JSON pointer of the parameter at fault ("#/q"), Column the place in
	// its text where a query is wrong, counted in characters from 1.
	Pointer string `json:"pointer,omitempty"`
	Column  int    `json:"column,omitempty"`
	// Reasons says why the server is not ready.
	Reasons []string `json:"reasons,omitempty"`
}

// ProblemType is the media type of a Problem.
const ProblemType = "application/problem+json"

// Error returns the title and the detail.
func (p *Problem) Error() string {
	if p.Detail == "" {
		return p.Title
	}
	return p.Title + ": " + p.Detail
}

func problem(status int, kind, title, detail string) *Problem {
	return &Problem{Type: "urn:foghorn:problem:" + kind, Title: title, Status: status, Detail: bounded(detail)}
}

// maxDetail bounds what a problem says of a request, whose patterns may be long.
const maxDetail = 2000

func bounded(detail string) string {
	if len(detail) <= maxDetail {
		return detail
	}
	return strings.ToValidUTF8(detail[:maxDetail], "") + "…"
}

// badParameter is the problem of a parameter that cannot be used. Errors of the query
// language bring their column.
func badParameter(name string, err error) *Problem {
	p := problem(http.StatusBadRequest, "bad-parameter", "bad parameter", name+": "+err.Error())
	p.Pointer = "#/" + name
	var q *query.Error
	var t *when.Error
	switch {
	case errors.As(err, &q):
		p.Type, p.Title, p.Detail, p.Column = "urn:foghorn:problem:bad-query", "bad query", bounded(err.Error()), q.Column
	case errors.As(err, &t):
		p.Type, p.Title = "urn:foghorn:problem:bad-time", "bad time"
	}
	return p
}

// write answers a request with the problem.
func (p *Problem) write(w http.ResponseWriter) {
	body, err := json.Marshal(p)
	if err != nil {
		http.Error(w, p.Error(), p.Status)
		return
	}
	h := w.Header()
	h.Set("Content-Type", ProblemType)
	h.Set("Cache-Control", "no-store")
	if p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "1")
	}
	w.WriteHeader(p.Status)
	w.Write(append(body, '\n'))
}

// errStopping is the cause of a request's end when the server stops.
var errStopping = errors.New("the server stops")

// problemOf tells the client why a search failed.
func problemOf(ctx context.Context, err error) *Problem {
	switch {
	case errors.Is(context.Cause(ctx), errStopping):
		return problem(http.StatusServiceUnavailable, "stopping", "the server stops", "the answer ends here; ask again")
	case errors.Is(err, search.ErrBadCursor):
		return badParameter("cursor", errors.New("it is not one that an answer to the same search gave"))
	case errors.Is(err, search.ErrBuckets):
		return badParameter("interval", err)
	case errors.Is(err, search.ErrNoLine):
		return problem(http.StatusNotFound, "no-line", "there is no such line", err.Error())
	}
	return problem(http.StatusInternalServerError, "internal", "the server failed", "search: "+err.Error())
}
