package file

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"foghorn/pipeline/pattern"
	"foghorn/rules"
)

// Loaded is what files hold.
type Loaded struct {
	Rules []*rules.Rule
	// Patterns are all patterns that the rules can use: of a single file those of the
	// folder patterns beside it.
	Patterns *pattern.Set
	// Formats are those of the files asked for.
	Formats []*pattern.Format
}

// Load reads files, and all *.yml and *.yaml files below folders. Files in a folder named
// patterns hold patterns, all others rules. The error is a yamldoc.Faults when files
// could be read but not understood: all faults of all of them, among them rules whose id
// is taken.
func Load(paths ...string) (*Loaded, error) {
	asked, err := read(paths...)
	if err != nil {
		return nil, err
	}
	beside, err := read(patternFolders(paths)...)
	if err != nil {
		return nil, err
	}
	out, err := understand(merge(asked, beside))
	if err != nil {
		return nil, err
	}
	for _, f := range out.Patterns.Formats() {
		if slices.ContainsFunc(asked, func(t text) bool { return t.name == f.File }) {
			out.Formats = append(out.Formats, f)
		}
	}
	return out, nil
}

// LoadPatterns reads the patterns of a folder of rule files. An empty dir holds none.
func LoadPatterns(dir string) (*pattern.Set, error) {
	if dir == "" {
		return nil, nil
	}
	out, err := Load(dir)
	if err != nil {
		return nil, err
	}
	return out.Patterns, nil
}

// LoadSet returns the rules of a folder together with a pack's. A rule of the folder
// stands in for the pack's rule of the same id. An empty dir gives the pack alone;
// a nil pack holds nothing.
func LoadSet(dir string, pack *rules.Set) (*rules.Set, error) {
	var list []*rules.Rule
	if dir != "" {
		own, err := Load(dir)
		if err != nil {
			return nil, err
		}
		list = own.Rules
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
// with a dot are left out. Links are followed, but not those to folders within a folder that
// is itself linked: so it ends.
func read(paths ...string) ([]text, error) {
	var names []string
	for _, root := range paths {
		root = filepath.Clean(root)
		if err := walk(root, true, &names); err != nil {
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

// walk adds the rule files at and below root, which may be a link. follow says whether links
// to folders below it are followed.
func walk(root string, follow bool, names *[]string) error {
	if info, err := os.Stat(root); err != nil {
		return err
	} else if !info.IsDir() {
		*names = append(*names, root)
		return nil
	}
	// With the separator a root that is a link is taken for its folder.
	return filepath.WalkDir(root+string(filepath.Separator), func(path string, d fs.DirEntry, err error) error {
		hidden := strings.HasPrefix(d.Name(), ".") && filepath.Clean(path) != root
		switch {
		case err != nil:
			return err
		case hidden && d.IsDir():
			return fs.SkipDir
		case hidden, d.IsDir():
		case d.Type()&fs.ModeSymlink != 0 && isFolder(path):
			if follow {
				return walk(path, false, names)
			}
		case filepath.Ext(path) == ".yml" || filepath.Ext(path) == ".yaml":
			*names = append(*names, path)
		}
		if len(*names) > maxFiles {
			return fmt.Errorf("more than %d files", maxFiles)
		}
		return nil
	})
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
