package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"foghorn/pipeline/yamldoc"
	"foghorn/rules"
)

// Load reads files, and all *.yml and *.yaml files below folders. The error is a
// yamldoc.Faults when files could be read but not understood: all faults of all of them,
// among them rules whose id is taken.
func Load(paths ...string) ([]*rules.Rule, error) {
	texts, err := read(paths...)
	if err != nil {
		return nil, err
	}
	return parseAll(texts)
}

// LoadSet returns the rules of a folder together with a pack's. A rule of the folder
// stands in for the pack's rule of the same id. An empty dir gives the pack alone;
// a nil pack holds nothing.
func LoadSet(dir string, pack *rules.Set) (*rules.Set, error) {
	var list []*rules.Rule
	if dir != "" {
		var err error
		if list, err = Load(dir); err != nil {
			return nil, err
		}
	}
	return join(list, pack)
}

func join(list []*rules.Rule, pack *rules.Set) (*rules.Set, error) {
	own := make(map[string]bool, len(list))
	for _, r := range list {
		own[r.ID] = true
	}
	for _, r := range pack.Rules() {
		if !own[r.ID] {
			list = append(list, r)
		}
	}
	return rules.NewSet(list...)
}

// text is a file's content.
type text struct {
	name string
	data []byte
}

// maxFiles bounds the files of all folders.
const maxFiles = 10_000

// read returns the rule files at and below paths, ordered by name. Entries that begin
// with a dot are left out.
func read(paths ...string) ([]text, error) {
	var names []string
	for _, root := range paths {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case path != root && strings.HasPrefix(d.Name(), "."):
				if d.IsDir() {
					return fs.SkipDir
				}
			case d.IsDir():
			case path == root || filepath.Ext(path) == ".yml" || filepath.Ext(path) == ".yaml":
				names = append(names, path)
			}
			if len(names) > maxFiles {
				return fmt.Errorf("more than %d files", maxFiles)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read rules in %s: %w", root, err)
		}
	}
	sort.Strings(names)
	var out []text
	for i, name := range names {
		if i > 0 && name == names[i-1] {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read rules: %w", err)
		}
		out = append(out, text{name, data})
	}
	return out, nil
}

func parseAll(texts []text) ([]*rules.Rule, error) {
	var out []*rules.Rule
	var faults yamldoc.Faults
	taken := make(map[string]*rules.Rule)
	for _, t := range texts {
		list, err := Parse(t.name, t.data)
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
