package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"foghorn/indexer/search"
)

// Export is the body of POST /api/v1/export; a GET gives the same names (without grep) as
// parameters of the URL. The members that Search has too mean the same.
type Export struct {
	Q     string `json:"q,omitempty"`
	Grep  *Grep  `json:"grep,omitempty"`
	Where string `json:"where,omitempty"`
	Since string `json:"since,omitempty"`
	Until string `json:"until,omitempty"`
	// Order is oldest (the default), newest or file.
	Order string `json:"order,omitempty"`
	// Limit bounds what is exported; 0, the default, is no bound.
	Limit  int    `json:"limit,omitempty"`
	Cursor string `json:"cursor,omitempty"`
	// Format is ndjson (the default), csv or raw.
	Format string `json:"format,omitempty"`
	// Columns are the fields of a CSV, with commas between; none: DefaultColumns.
	Columns string `json:"columns,omitempty"`
	Fields  *bool  `json:"fields,omitempty"`
}

// DefaultColumns are the columns of a CSV that names none.
const DefaultColumns = "timestamp,host,path,service,level,line"

// MaxColumns bounds the columns of a CSV.
const MaxColumns = 256

// Trailers of an export: the cursor that continues it (empty when there is nothing more),
// and how many lines or events it has.
const (
	TrailerCursor  = "Foghorn-Cursor"
	TrailerMatched = "Foghorn-Matched"
)

// export answers /api/v1/export: everything that a search finds, with no bound on time or
// size, in a form for other programs. An export that fails on its way breaks the connection
// (NDJSON says why before), so that no part of an answer passes for the whole.
func (s *Server) export(w http.ResponseWriter, r *http.Request) {
	in, p := s.exportOf(w, r)
	if p != nil {
		p.write(w)
		return
	}
	release, p := s.exports.take("exports")
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
	form, rows, p := in.writer()
	if p != nil {
		p.write(w)
		return
	}
	req.BodyOnly = rows.bodyOnly()

	h := w.Header()
	h.Set("Trailer", TrailerCursor+", "+TrailerMatched)
	h.Set("Content-Disposition", `attachment; filename="foghorn-export.`+form.extension+`"`)
	out := newStream(w, form.contentType, s.cfg.WriteTimeout)
	if err := out.compress(r.Header.Get("Accept-Encoding")); err != nil {
		problem(http.StatusInternalServerError, "internal", "the server failed", err.Error()).write(w)
		return
	}
	coverage := s.coverageNow(true)
	out.write(rows.begin)
	stop := out.flushing()
	defer stop()
	sum, err := s.exportAll(r.Context(), req, func(h *search.Hit) error {
		return out.write(func(b []byte) []byte { return rows.append(b, h) })
	})
	stop()
	if err == nil {
		out.write(func(b []byte) []byte {
			return rows.end(b, "summary", summaryOf(sum, coverage))
		})
		h.Set(TrailerCursor, sum.Cursor)
		h.Set(TrailerMatched, strconv.FormatInt(sum.Matched, 10))
		if out.close() == nil {
			return
		}
	}
	if err != nil && !out.begun() {
		for _, name := range []string{"Trailer", "Content-Disposition", "Content-Encoding"} {
			h.Del(name)
		}
		problemOf(r.Context(), err).write(w)
		return
	}
	if err != nil {
		out.write(func(b []byte) []byte { return rows.end(b, "error", problemOf(r.Context(), err)) })
		out.flush()
	}
	panic(http.ErrAbortHandler) // net/http's way to break off an answer
}

// exportAll runs a search to its end, however many time budgets that takes.
func (s *Server) exportAll(ctx context.Context, req search.Request, hit func(*search.Hit) error) (search.Summary, error) {
	var all search.Summary
	for {
		part, err := s.deps.Searcher.Search(ctx, req, hit)
		if err != nil {
			return all, err
		}
		part.Matched += all.Matched
		for _, d := range all.Missing {
			if !slices.Contains(part.Missing, d) {
				part.Missing = append(part.Missing, d)
			}
		}
		before := all.Matched
		all = part
		if !part.Partial {
			return all, nil
		}
		if req.Limit > 0 {
			if req.Limit -= int(part.Matched - before); req.Limit <= 0 {
				all.Partial = false
				return all, nil
			}
		}
		if part.Cursor == "" || part.Cursor == req.Cursor {
			return all, errors.New("the time budget of a search is too small for any progress")
		}
		req.Cursor = part.Cursor
	}
}

// exportOf reads the parameters of a GET or the body of a POST.
func (s *Server) exportOf(w http.ResponseWriter, r *http.Request) (in Export, p *Problem) {
	if r.Method == http.MethodPost {
		p = s.jsonBody(w, r, &in)
		return in, p
	}
	v, p := parameters(r, "q", "where", "since", "until", "order", "limit", "cursor", "format", "columns", "fields")
	if p != nil {
		return in, p
	}
	in = Export{
		Q: v.Get("q"), Where: v.Get("where"), Since: v.Get("since"), Until: v.Get("until"), Order: v.Get("order"),
		Cursor: v.Get("cursor"), Format: v.Get("format"), Columns: v.Get("columns"),
	}
	if p = integer(v, "limit", &in.Limit); p != nil {
		return in, p
	}
	if v.Has("fields") {
		in.Fields = new(bool)
	}
	return in, boolean(v, "fields", in.Fields)
}

// request makes the search.
func (in *Export) request(cfg Config, now time.Time) (search.Request, *Problem) {
	if in.Order == "" {
		in.Order = "oldest"
	}
	of := Search{
		Q: in.Q, Grep: in.Grep, Where: in.Where, Since: in.Since, Until: in.Until, Order: in.Order, Limit: &in.Limit, Cursor: in.Cursor,
	}
	return of.request(cfg, now)
}

// form is how an export is called.
type form struct{ extension, contentType string }

var (
	ndjsonForm = form{"ndjson", "application/x-ndjson"}
	csvForm    = form{"csv", "text/csv; charset=utf-8; header=present"}
	rawForm    = form{"log", "text/plain; charset=utf-8"}
)

// writer chooses the form of the rows.
func (in *Export) writer() (form, rowWriter, *Problem) {
	f, err := choice(in.Format, map[string]form{"": ndjsonForm, "ndjson": ndjsonForm, "csv": csvForm, "raw": rawForm})
	switch {
	case err != nil:
		return f, nil, badParameter("format", err)
	case in.Columns != "" && f != csvForm:
		return f, nil, badParameter("columns", errors.New("goes with format=csv only"))
	case in.Fields != nil && f != ndjsonForm:
		return f, nil, badParameter("fields", errors.New("goes with format=ndjson only"))
	}
	switch f {
	case rawForm:
		return f, rawRows{}, nil
	case csvForm:
		columns := in.Columns
		if columns == "" {
			columns = DefaultColumns
		}
		names := strings.Split(columns, ",")
		if len(names) > MaxColumns || slices.Contains(names, "") {
			return f, nil, badParameter("columns", fmt.Errorf("expected 1 to %d names of fields, with commas between", MaxColumns))
		}
		return f, &csvRows{columns: names}, nil
	}
	rows := &jsonRows{}
	rows.fields = in.Fields == nil || *in.Fields
	return f, rows, nil
}

// rowWriter appends an export's rows.
type rowWriter interface {
	// bodyOnly says that no more is asked of events than search.Request.BodyOnly gives.
	bodyOnly() bool
	// begin appends what comes before the first row, append a row, end what comes after
	// the last: a summary or an error, by name.
	begin(b []byte) []byte
	append(b []byte, h *search.Hit) []byte
	end(b []byte, name string, v any) []byte
}

// rawRows are the lines, as they were written.
type rawRows struct{}

func (rawRows) bodyOnly() bool        { return true }
func (rawRows) begin(b []byte) []byte { return b }
func (rawRows) append(b []byte, h *search.Hit) []byte {
	return append(append(b, h.Event.Body...), '\n')
}
func (rawRows) end(b []byte, _ string, _ any) []byte { return b }

// cursorEvery is after how many rows an NDJSON export tells its cursor.
const cursorEvery = 10_000

// jsonRows are the hits of a search, now and then a cursor, and a summary at the end:
//
//	{…}\n … {"cursor":"…"}\n{…}\n … {"summary":…}\n
type jsonRows struct {
	encoder
	n int
}

func (j *jsonRows) bodyOnly() bool      { return !j.fields }
func (*jsonRows) begin(b []byte) []byte { return b }

func (j *jsonRows) append(b []byte, h *search.Hit) []byte {
	b = append(j.appendHit(b, h), '\n')
	if j.n++; j.n%cursorEvery == 0 {
		b = append(b, `{"cursor":"`...)
		b = append(b, h.Cursor()...)
		b = append(b, "\"}\n"...)
	}
	return b
}

func (*jsonRows) end(b []byte, name string, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil { // of our own types, which always encode
		text = []byte("null")
	}
	b = append(append(append(b, `{"`...), name...), `":`...)
	return append(append(b, text...), "}\n"...)
}
