package discover

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"

	"foghorn/shipper/identity"
)

// Found is one file under one of its names.
type Found struct {
	Path string
	// Link says that the name is a symbolic link.
	Link bool
	File identity.File
}

// Problem is a folder or file that could not be looked at.
type Problem struct {
	Path string
	Err  error
}

// Scan finds the files that match one of the patterns and none of the exclusions, in
// the order: names before links, then by path.
func Scan(patterns, exclude []string) ([]Found, []Problem) {
	s := scan{exclude: exclude, seen: map[string]bool{}}
	for _, p := range patterns {
		s.walk("/", strings.Split(strings.Trim(filepath.Clean(p), "/"), "/"))
	}
	sort.Slice(s.found, func(i, j int) bool {
		a, b := &s.found[i], &s.found[j]
		if a.Link != b.Link {
			return b.Link
		}
		return a.Path < b.Path
	})
	return s.found, s.problems
}

type scan struct {
	exclude  []string
	seen     map[string]bool
	found    []Found
	problems []Problem
}

func (s *scan) walk(dir string, pat []string) {
	switch {
	case len(pat) == 0:
	case pat[0] == "**":
		s.deep(dir, pat[1:])
	case !hasMeta(pat[0]):
		next := filepath.Join(dir, pat[0])
		if len(pat) == 1 {
			s.file(next, false)
		} else {
			s.walk(next, pat[1:])
		}
	default:
		for _, e := range s.list(dir) {
			if ok, err := filepath.Match(pat[0], e.Name()); !ok || err != nil {
				continue
			}
			next := filepath.Join(dir, e.Name())
			switch {
			case len(pat) == 1:
				s.entry(next, e)
			case e.IsDir() || e.Type()&fs.ModeSymlink != 0:
				s.walk(next, pat[1:])
			}
		}
	}
}

// deep matches pat in dir and in all folders below it.
func (s *scan) deep(dir string, pat []string) {
	if len(pat) == 0 {
		pat = []string{"*"}
	}
	s.walk(dir, pat)
	for _, e := range s.list(dir) {
		if e.IsDir() {
			s.deep(filepath.Join(dir, e.Name()), pat)
		}
	}
}

func (s *scan) list(dir string) []fs.DirEntry {
	entries, err := os.ReadDir(dir)
	if err != nil && !absent(err) {
		s.problems = append(s.problems, Problem{dir, err})
	}
	return entries
}

func (s *scan) entry(path string, e fs.DirEntry) {
	if e.Type().IsRegular() || e.Type()&fs.ModeSymlink != 0 || e.Type()&fs.ModeIrregular != 0 {
		s.file(path, e.Type()&fs.ModeSymlink != 0)
	}
}

func (s *scan) file(path string, link bool) {
	if s.seen[path] {
		return
	}
	for _, x := range s.exclude {
		if Match(x, path) {
			return
		}
	}
	f, err := identity.Stat(path)
	if err != nil {
		if !absent(err) {
			s.problems = append(s.problems, Problem{path, err})
		}
		return
	}
	if !f.Regular {
		return
	}
	s.seen[path] = true
	s.found = append(s.found, Found{Path: path, Link: link, File: f})
}

// absent errors say that nothing is there (any more), which is no problem.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
