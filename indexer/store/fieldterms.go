package store

import (
	"strconv"
	"unsafe"

	"github.com/cespare/xxhash/v2"

	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// equalKey hashes a field's value so that values that a query calls equal have one key.
// scratch is used for what it has to write, and returned.
func equalKey(scratch []byte, name, value string) (uint64, []byte) {
	b := appendCanonical(append(append(scratch[:0], name...), 0), value)
	return xxhash.Sum64(b), b
}

// appendCanonical appends query.Canonical(value), which is the folded value where that is
// no number, without trying to read one where there is none.
func appendCanonical(b []byte, value string) []byte {
	whole, points := true, 0
	for i := range len(value) {
		switch c := value[i]; {
		case c-'0' < 10:
			continue
		case c == '.' && points == 0:
			points++
		case c != 'e' && c != 'E' && c != '+' && c != '-':
			return query.Fold(b, unsafe.Slice(unsafe.StringData(value), len(value)))
		}
		whole = false
	}
	if whole && len(value) <= 18 && (value[0] != '0' || len(value) == 1) {
		return append(b, value...)
	}
	return append(b, query.Canonical(value)...)
}

// canonical says for sure that a value without points and signs is, folded, what
// query.Canonical makes of it.
func canonical(value string) bool {
	exponent := false
	for i := range len(value) {
		switch c := value[i]; {
		case c-'0' < 10:
		case c|0x20 == 'e':
			exponent = true
		default:
			return true // no number
		}
	}
	return !exponent && (value[0] != '0' || len(value) == 1)
}

// fieldState is a field of the block.
type fieldState struct {
	name   string
	block  uint32
	values []string // of this block, as terms
	many   bool
	last   string
}

// lastFields are the fields of a block's last event that seldom differ from the event's
// before.
type lastFields struct {
	severity                            pipeline.Severity
	service, host, path, trace, spanned string
}

// common takes the fields of an event that are in no layout.
func (c *collector) common(e *pipeline.Event) {
	last := &c.last
	if e.Severity != last.severity {
		last.severity = e.Severity
		if e.Severity != 0 {
			c.field(FieldSeverity, severityName(e.Severity))
		}
	}
	if e.Service != last.service {
		last.service = e.Service
		c.field("service.name", e.Service)
	}
	if e.Host != last.host {
		last.host = e.Host
		c.field("host.name", e.Host)
	}
	if e.Path != last.path {
		last.path = e.Path
		c.field("log.file.path", e.Path)
	}
	if e.TraceID != last.trace {
		last.trace = e.TraceID
		c.field("trace_id", e.TraceID)
	}
	if e.SpanID != last.spanned {
		last.spanned = e.SpanID
		c.field("span_id", e.SpanID)
	}
}

// layout takes the fields that all rows of a layout have.
func (c *collector) layout(l *layout) {
	c.field("template", l.template)
	c.field("error.class", l.class)
}

// attr takes an attribute; it is an attrFunc.
func (c *collector) attr(key int, name, value string, word bool) {
	for len(c.attrs) <= key {
		c.attrs = append(c.attrs, nil)
	}
	if value == "" {
		return
	}
	s := c.attrs[key]
	if s == nil {
		if reserved(name) {
			return
		}
		s = c.fieldOf(name)
		c.attrs[key] = s
	}
	if s.many && word && canonical(value) {
		return // the word has keys
	}
	c.value(s, value)
}

// event takes all fields of an event.
func (c *collector) event(e *pipeline.Event) {
	c.common(e)
	c.field("template", e.Template)
	c.field("error.class", e.ErrorClass)
	for i := range e.Attrs {
		if a := &e.Attrs[i]; !reserved(a.Key) {
			c.field(a.Key, a.Value)
		}
	}
}

// reserved are names that an attribute cannot be found by, see pipeline.Event.Field.
func reserved(name string) bool {
	switch name {
	case "severity_text", "severity_number", "service.name", "host.name", "log.file.path", "trace_id",
		"span_id", "template", "error.class", "timestamp", "observed_timestamp", "source", "body":
		return true
	}
	return false
}

var severityNames = func() (names [256]string) {
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}()

func severityName(s pipeline.Severity) string { return severityNames[s] }

// field takes one field of an event.
func (c *collector) field(name, value string) {
	if value != "" {
		c.value(c.fieldOf(name), value)
	}
}

// fieldOf returns what is known of a field in the block.
func (c *collector) fieldOf(name string) *fieldState {
	s := c.fields[name]
	if s == nil {
		s = &fieldState{name: name}
		c.fields[name] = s
	}
	if s.block != c.block {
		s.block, s.many, s.last, s.values = c.block, false, "", s.values[:0]
		c.used = append(c.used, s)
	}
	return s
}

// value takes a value of a field.
func (c *collector) value(s *fieldState, value string) {
	if s.last == value {
		return
	}
	s.last = value
	if !s.many {
		if len(value) <= maxTerm {
			c.term = append(append(append(c.term[:0], s.name...), 0), value...)
			term, fresh := c.values.intern(c.term, c.block)
			if !fresh {
				return
			}
			if len(s.values) < maxValues {
				s.values = append(s.values, term)
				return
			}
		}
		s.many = true
		for _, t := range s.values {
			c.valueKey(s.name, t[len(s.name)+1:])
		}
	}
	c.valueKey(s.name, value)
}

// valueKey takes a value of a field that has many.
func (c *collector) valueKey(name, value string) {
	var h uint64
	h, c.term = equalKey(c.term, name, value)
	c.keys.add(h)
}
