package discover

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Check says whether a pattern can be used: it is absolute and well formed.
func Check(pattern string) error {
	if !filepath.IsAbs(pattern) {
		return fmt.Errorf("pattern %q: want an absolute path", pattern)
	}
	return CheckExclude(pattern)
}

// CheckExclude is Check for an exclusion, which may be a bare name as well.
func CheckExclude(pattern string) error {
	if pattern == "" {
		return fmt.Errorf("pattern is empty")
	}
	for _, seg := range strings.Split(pattern, "/") {
		if _, err := filepath.Match(seg, "x"); err != nil {
			return fmt.Errorf("pattern %q: %w", pattern, err)
		}
	}
	return nil
}

// Match says whether path matches pattern. A pattern without a slash is matched with the
// last name of the path.
func Match(pattern, path string) bool {
	if !strings.Contains(pattern, "/") {
		// Most exclusions are *.gz and the like, asked of every file at every scan.
		if end, ok := strings.CutPrefix(pattern, "*"); ok && !hasMeta(end) {
			return strings.HasSuffix(path, end)
		}
		ok, err := filepath.Match(pattern, filepath.Base(path))
		return ok && err == nil
	}
	return matchSegments(strings.Split(pattern, "/"), strings.Split(path, "/"))
}

func matchSegments(pat, segs []string) bool {
	for len(pat) > 0 {
		if pat[0] == "**" {
			for i := 0; i <= len(segs); i++ {
				if matchSegments(pat[1:], segs[i:]) {
					return true
				}
			}
			return false
		}
		if len(segs) == 0 {
			return false
		}
		if ok, err := filepath.Match(pat[0], segs[0]); !ok || err != nil {
			return false
		}
		pat, segs = pat[1:], segs[1:]
	}
	return len(segs) == 0
}

func hasMeta(seg string) bool { return strings.ContainsAny(seg, `*?[\`) }
