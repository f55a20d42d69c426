package file

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"foghorn/pipeline/parse"
	"foghorn/pipeline/pattern"
	"foghorn/pipeline/yamldoc"
	"foghorn/rules"
)

// patternFolder is the name of folders whose files hold patterns.
const patternFolder = "patterns"

// holdsPatterns says whether a file is one of patterns: its folder is named so.
func holdsPatterns(name string) bool {
	if abs, err := filepath.Abs(name); err == nil {
		name = abs
	}
	return filepath.Base(filepath.Dir(name)) == patternFolder
}

// patternFolders returns the folders of the patterns that single files can use.
func patternFolders(paths []string) []string {
	var out []string
	for _, path := range paths {
		if info, err := os.Stat(path); err != nil || info.IsDir() {
			continue
		}
		dir := filepath.Dir(path)
		if !holdsPatterns(path) {
			dir = filepath.Join(dir, patternFolder)
		}
		if info, err := os.Stat(dir); err == nil && info.IsDir() && !slices.Contains(out, dir) {
			out = append(out, dir)
		}
	}
	return out
}

// merge joins files by name, each once.
func merge(a, b []text) []text {
	out := slices.Concat(a, b)
	slices.SortFunc(out, func(x, y text) int { return cmp.Compare(x.name, y.name) })
	return slices.CompactFunc(out, func(x, y text) bool { return x.name == y.name })
}

// understand makes rules and patterns of files: all of them, or all faults of all of them.
func understand(texts []text) (*Loaded, error) {
	var patterns []pattern.File
	var others []text
	for _, t := range texts {
		if holdsPatterns(t.name) {
			patterns = append(patterns, pattern.File{Name: t.name, Data: t.data})
		} else {
			others = append(others, t)
		}
	}
	set, err := pattern.Compile(patterns, parse.Formats())
	var faults yamldoc.Faults
	if err != nil && !errors.As(err, &faults) {
		return nil, err
	}
	list, err := parseAll(others, set.Grok())
	var own yamldoc.Faults
	if err != nil && !errors.As(err, &own) {
		return nil, err
	}
	if faults = append(faults, own...); len(faults) > 0 {
		slices.SortStableFunc(faults, func(x, y yamldoc.Fault) int { return cmp.Compare(x.File, y.File) })
		return nil, faults
	}
	return &Loaded{Rules: list, Patterns: set}, nil
}

func parseAll(texts []text, grok *pattern.Grok) ([]*rules.Rule, error) {
	var out []*rules.Rule
	var faults yamldoc.Faults
	taken := make(map[string]*rules.Rule)
	for _, t := range texts {
		list, err := parseFile(t.name, t.data, grok)
		var own yamldoc.Faults
		if err != nil && !errors.As(err, &own) {
			return nil, err
		}
		faults = append(faults, own...)
		for _, r := range list {
			if other := taken[r.ID]; other != nil {
				faults = append(faults, yamldoc.Fault{
					File: r.File, Line: r.Line, Column: 1,
					Message: fmt.Sprintf("rule id %q is taken by the rule at %s:%d", r.ID, other.File, other.Line),
				})
				continue
			}
			taken[r.ID] = r
			out = append(out, r)
		}
	}
	if len(faults) > 0 {
		return nil, faults // by file already, and by place within each
	}
	return out, nil
}
