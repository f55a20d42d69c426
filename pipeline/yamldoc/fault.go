package yamldoc

import (
	"fmt"
	"sort"
	"strings"
)

// Fault is one thing that is wrong with a file. Line and Column count from 1; 0 is
// unknown.
type Fault struct {
	File         string
	Line, Column int
	// Path is the key's path ("ship.paths[1]"), empty for a fault of syntax.
	Path    string
	Message string
}

// Error renders "file:line:column: path: message".
func (f Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", f.Line, f.Column)
	}
	if f.Path != "" {
		b.WriteString(": " + f.Path)
	}
	return b.String() + ": " + f.Message
}

// Faults is an error that holds all faults of a file, in the order of their place.
type Faults []Fault

// Error renders one fault a line.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Err returns fs sorted by place as an error, or nil when there is none.
func (fs Faults) Err() error {
	if len(fs) == 0 {
		return nil
	}
	sort.SliceStable(fs, func(i, j int) bool {
		if fs[i].Line != fs[j].Line {
			return fs[i].Line < fs[j].Line
		}
		return fs[i].Column < fs[j].Column
	})
	return fs
}
