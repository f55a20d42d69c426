package identity

import (
	"path/filepath"
	"strings"
)

// Rotated says whether path is a name that log rotation gives to the file base: in the
// same folder, the name of base with numbers or a date put behind it (app.log.1,
// app.log-20260102, app.log.2026-01-02T03:04) or before its extension (app-20260102.log,
// app.1.log), or with .old, .bak, .prev, .save or .orig behind it.
func Rotated(base, path string) bool {
	if base == path || filepath.Dir(base) != filepath.Dir(path) {
		return false
	}
	b, p := filepath.Base(base), filepath.Base(path)
	if rest, ok := strings.CutPrefix(p, b); ok && rotation(rest) {
		return true
	}
	ext := filepath.Ext(b)
	stem := strings.TrimSuffix(b, ext)
	if ext == "" || stem == "" {
		return false
	}
	rest, ok := strings.CutPrefix(p, stem)
	if !ok {
		return false
	}
	rest, ok = strings.CutSuffix(rest, ext)
	return ok && rotation(rest)
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
