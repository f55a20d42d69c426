package pattern

import (
	"bytes"
	"path"
	"strings"
	"time"
)

// Format is a format of lines that people have described. It is immutable.
type Format struct {
	// Name is what a source's format setting says, and what parsed lines are counted by.
	Name string
	// Layout is how the field timestamp is written; nil is any way that the parser knows.
	Layout *Layout
	// Zone is the zone of times that tell none; nil is the parser's.
	Zone *time.Location
	// Tests are the tests that stand beside the format.
	Tests []Test
	// File and Line say where the format stands.
	File string
	Line int

	match   *Expression
	types   []Type // by capture group, those of fields included
	sources []string
}

// The fields with a meaning of their own. Other names that programs commonly use (level,
// service, host, trace_id, status, ...) have the meaning that they have in JSON.
const (
	FieldTimestamp = "timestamp"
	FieldMessage   = "message"
)

// Field is a field that a format found in a line: line[Start:End].
type Field struct {
	Name       string
	Type       Type
	Start, End int
}

// maxLook is how much of a line's beginning an expression is run on: what it takes grows
// with the length. A field that reaches there goes on to the line's end.
const maxLook = 16 << 10

// Restricted says whether the format is one of certain sources.
func (f *Format) Restricted() bool { return len(f.sources) > 0 }

// For says whether the lines of a source with this path may have the format.
func (f *Format) For(source string) bool {
	for _, s := range f.sources {
		if matchPath(strings.Split(s, "/"), strings.Split(source, "/")) {
			return true
		}
	}
	return len(f.sources) == 0
}

// matchPath matches a glob by segments; ** is any number of them.
func matchPath(glob, segments []string) bool {
	for len(glob) > 0 {
		if glob[0] == "**" {
			for i := 0; i <= len(segments); i++ {
				if matchPath(glob[1:], segments[i:]) {
					return true
				}
			}
			return false
		}
		if len(segments) == 0 {
			return false
		}
		if ok, err := path.Match(glob[0], segments[0]); !ok || err != nil {
			return false
		}
		glob, segments = glob[1:], segments[1:]
	}
	return len(segments) == 0
}

// Match appends the fields of a line to fields and says whether the line is of the format.
// Of an event of several lines it looks at the first, without a carriage return. Empty
// fields are left out, and of fields of one name all but the first.
func (f *Format) Match(line []byte, fields []Field) ([]Field, bool) {
	if !bytes.Contains(line, f.match.literal) {
		return fields, false
	}
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line = line[:i]
	}
	line = bytes.TrimSuffix(line, []byte("\r"))
	at := f.match.RE.FindSubmatchIndex(line[:min(len(line), maxLook)])
	if at == nil {
		return fields, false
	}
	start := len(fields)
	for i := 1; i < len(f.match.Names); i++ {
		from, to := at[2*i], at[2*i+1]
		if from >= to || has(fields[start:], f.match.Names[i]) {
			continue
		}
		if to == maxLook {
			to = len(line)
		}
		fields = append(fields, Field{f.match.Names[i], f.types[i], from, to})
	}
	return fields, true
}

func has(fields []Field, name string) bool {
	for i := range fields {
		if fields[i].Name == name {
			return true
		}
	}
	return false
}

// Test is a test that stands beside its format.
type Test struct {
	// Text is the line.
	Text string
	// None says that the line must not be of the format.
	None bool
	// Expect are values by field; fields not named here can be anything.
	Expect map[string]string
	// File, Line and Column say where the test stands.
	File         string
	Line, Column int
}

// TypeOf returns the type of a field, or "".
func (f *Format) TypeOf(field string) Type {
	for i, name := range f.match.Names {
		if name == field && f.types[i] != "" {
			return f.types[i]
		}
	}
	return ""
}
