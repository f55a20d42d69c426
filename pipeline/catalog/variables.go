package catalog

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"foghorn/pipeline"
	"foghorn/pipeline/templates"
)

// variables makes fields of the message's variables. A line that has such fields of its own
// gets none.
func (r *Recorder) variables(ref templates.Ref, e *pipeline.Event, message []byte) {
	for i := range e.Attrs {
		if strings.HasPrefix(e.Attrs[i].Key, variablePrefix) {
			return
		}
	}
	r.vars = r.miner.Variables(ref, &r.scratch, r.vars[:0])
	vars := r.vars[:min(len(r.vars), r.cfg.Variables)]
	if len(vars) == 0 || !utf8.Valid(message) {
		return
	}
	r.text = r.text[:0]
	for _, v := range vars {
		if v.End-v.Start <= maxVariable {
			r.text = append(r.text, message[v.Start:v.End]...)
		}
	}
	text := string(r.text)
	if cap(e.Attrs)-len(e.Attrs) < len(vars) {
		e.Attrs = append(r.room(len(e.Attrs)+len(vars)), e.Attrs...)
	}
	for i, v := range vars {
		if n := v.End - v.Start; n > 0 && n <= maxVariable {
			e.Attrs = append(e.Attrs, pipeline.Attr{Key: r.names[i], Value: text[:n]})
			text = text[n:]
		}
	}
}

// slab is for how many attributes room is made at once.
const slab = 512

// room returns the place of n attributes.
func (r *Recorder) room(n int) []pipeline.Attr {
	if len(r.free) < n {
		r.free = make([]pipeline.Attr, max(n, slab))
	}
	out := r.free[:0:n]
	r.free = r.free[n:]
	return out
}

const (
	variablePrefix = "var."
	maxVariable    = 512
)

func variableNames(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = variablePrefix + strconv.Itoa(i+1)
	}
	return out
}
