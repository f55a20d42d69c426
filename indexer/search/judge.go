package search

import (
	"foghorn/indexer/store"
	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// judge decides which rows of a block match. An event of one line matches or does not. Of
// an event that several lines were joined to:
//
//   - by time, the whole matches, once: words and phrases may lie in different lines. Its
//     first row stands for it.
//   - by file, as for counts and sources, each line is judged by itself, with the fields of
//     its event, as grep sees only lines; Where is judged on the event.
type judge struct {
	both   *query.Matcher // Query and Where
	byLine bool
	line   *query.Matcher // of lines, with byLine
	where  *query.Matcher // of events, with byLine; nil: none
	sieve  *sieve         // of lines: one of an event's must pass for a match; nil: all do
}

func newJudge(req *Request) judge {
	j := judge{both: query.Compile(filterOf(req)), byLine: req.byLine()}
	j.line, j.sieve = j.both, newSieve(filterOf(req))
	if j.byLine && req.Where != nil {
		j.where = query.Compile(req.Where)
		lines := filterOf(&Request{Query: req.Query})
		j.line, j.sieve = query.Compile(lines), newSieve(lines)
	}
	return j
}

// event adds the matching rows of an event of several lines, in the rows from first to
// before end. e and buf are used for what has to be made; buf is returned as it has grown.
func (j *judge) event(b *store.Block, first, end int, e *pipeline.Event, buf []byte, found *rows) []byte {
	if !j.byLine {
		if buf = b.Whole(first, end, e, buf); j.both.Match(e) {
			found.add(first)
		}
		return buf
	}
	if j.where != nil {
		if buf = b.Whole(first, end, e, buf); !j.where.Match(e) {
			return buf
		}
	}
	for i := first; i < end; i++ {
		if b.Event(i, e); j.line.Match(e) {
			found.add(i)
		}
	}
	return buf
}
