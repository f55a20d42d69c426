package identity

import (
	"path/filepath"
	"slices"
	"strings"
)

// Originals returns the paths of which path may be a rotated name, nearest first: in the
// same folder, path without the numbers or the date that stand at its end (app.log.1,
// app.log-20260102, app.log.2026-01-02T03:04) or before its extension (app-20260102.log,
// app.1.log), or without .old, .bak, .prev, .save or .orig at its end.
func Originals(path string) []string {
	dir, name := filepath.Split(path)
	ext := filepath.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	var out []string
	for i := len(name) - 1; i > 0; i-- {
		if rotation(name[i:]) {
			out = append(out, dir+name[:i])
		}
		if ext != "" && i < len(stem) && rotation(stem[i:]) {
			out = append(out, dir+stem[:i]+ext)
		}
	}
	return out
}

// Rotated says whether base is among the Originals of path.
func Rotated(base, path string) bool {
	return len(path) > len(base) && slices.Contains(Originals(path), base)
}

func rotation(s string) bool {
	switch s {
	case ".old", ".bak", ".prev", ".save", ".orig":
		return true
	}
	if len(s) < 2 || !strings.ContainsRune(".-_", rune(s[0])) {
		return false
	}
	digits := false
	for _, c := range s[1:] {
		switch {
		case c >= '0' && c <= '9':
			digits = true
		case strings.ContainsRune(".-_:T", c):
		default:
			return false
		}
	}
	return digits
}
