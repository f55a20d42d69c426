package client

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"foghorn/indexer/api"
	"foghorn/indexer/search"
	"foghorn/pipeline/query"
)

// lagPatience is how far behind an index may be before it is worth a word: less is the
// ordinary way of a line to the index.
const lagPatience = 2 * time.Second

// warning says in one line what the answer to a search that began at a time may lack, or
// nothing. What c lists as thinned is what concerns the answer; faulty is false where that is
// all, since retention does as it was told.
func warning(c search.Coverage, missing []search.Damage, began time.Time) (text string, faulty bool) {
	var parts []string
	if c.LagRecords > 0 && (c.IndexedUntil.IsZero() || began.Sub(c.IndexedUntil) > lagPatience) {
		text := fmt.Sprintf("%d records are not indexed yet", c.LagRecords)
		if !c.IndexedUntil.IsZero() {
			text += ", lines after " + c.IndexedUntil.Local().Format(time.RFC3339) + " may be missing"
		}
		parts = append(parts, text)
	}
	if n := len(c.Gaps); n > 0 {
		text := fmt.Sprintf("lines of %s from offset %d to %d never arrived", visible(c.Gaps[0].Source), c.Gaps[0].From, c.Gaps[0].To)
		if n > 1 {
			text += fmt.Sprintf(" (and %d more gaps)", n-1)
		}
		parts = append(parts, text)
	}
	damaged := missing
	if len(damaged) == 0 {
		damaged = c.Damaged
	}
	if n := len(damaged); n > 0 {
		var lines int64
		for _, d := range damaged {
			lines += d.Lines
		}
		parts = append(parts, fmt.Sprintf("%d lines are in damaged files (%s: %s)", lines, visible(damaged[0].File), visible(damaged[0].Reason)))
	}
	faulty = len(parts) > 0
	for _, t := range c.Thinned {
		parts = append(parts, fmt.Sprintf("of the lines from %s to %s retention has left those that match %s, %d are gone",
			t.From.Local().Format(time.RFC3339), t.Until.Local().Format(time.RFC3339), visible(t.Query), t.Lines))
	}
	if len(parts) == 0 {
		return "", false
	}
	return "the answer may lack lines: " + strings.Join(parts, "; "), faulty
}

// QueryError is a fault in a query that an option or argument holds.
type QueryError struct {
	Option, Text string
	Err          error
}

// Error names the option and the fault.
func (e *QueryError) Error() string { return e.Option + ": " + e.Err.Error() }

// Unwrap returns the fault.
func (e *QueryError) Unwrap() error { return e.Err }

// explain returns an error's text; for a fault in a query with the place marked below.
func explain(err error) string {
	var q *QueryError
	var at *query.Error
	if errors.As(err, &q) && errors.As(err, &at) {
		return q.Error() + mark(q.Text, at.Column)
	}
	var p *api.Problem
	if errors.As(err, &p) && p.Detail != "" {
		return p.Detail
	}
	return err.Error()
}

func mark(text string, column int) string {
	if column < 1 || strings.ContainsAny(text, "\n\r\t\x1b") || len(text) > 200 {
		return ""
	}
	return "\n  " + text + "\n  " + strings.Repeat(" ", column-1) + "^"
}
