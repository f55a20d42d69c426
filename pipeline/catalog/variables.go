package catalog

import (
	"slices"
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
	size := 0
	for _, v := range vars {
		if n := v.End - v.Start; n <= maxVariable {
			size += n
		}
	}
	if r.values.Cap()-r.values.Len() < size {
		r.values = strings.Builder{}
		r.values.Grow(max(size, chunk))
	}
	e.Attrs = slices.Grow(e.Attrs, len(vars))
	for i, v := range vars {
		if n := v.End - v.Start; n > 0 && n <= maxVariable {
			at := r.values.Len()
			r.values.Write(message[v.Start:v.End])
			e.Attrs = append(e.Attrs, pipeline.Attr{Key: r.names[i], Value: r.values.String()[at:]})
		}
	}
}

// chunk is how many bytes of values are allocated at once, for those of many events.
const chunk = 16 << 10

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
