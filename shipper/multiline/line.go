package multiline

import "bytes"

func hasPrefix(m []byte, p string) bool { return len(m) >= len(p) && string(m[:len(p)]) == p }

func indented(m []byte) bool { return len(m) > 0 && (m[0] == ' ' || m[0] == '\t') }

func digit(c byte) bool { return '0' <= c && c <= '9' }

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c == '$' }

// frame says whether a line is an indented frame of Java, .NET, JavaScript or Ruby.
func frame(m []byte) bool {
	if !indented(m) {
		return false
	}
	m = bytes.TrimLeft(m, " \t")
	switch {
	case hasPrefix(m, "at "):
		return call(m[len("at "):])
	case hasPrefix(m, "from "):
		return bytes.Contains(m, []byte(":in "))
	}
	return false
}

// call says whether what stands behind "at " is a function: a.B.c(B.java:1), X.Y() in
// f.cs:line 3, f (a.js:1:2), async f (a.js:1:2), /srv/a.js:1:2.
func call(m []byte) bool {
	m = bytes.TrimSuffix(m, []byte(" {"))
	if i := bytes.IndexByte(m, '('); i > 0 && m[i-1] != ' ' {
		return bytes.IndexByte(m[:i], '.') > 0 && bytes.IndexByte(m[i:], ')') > 0
	} else if i > 0 {
		m = m[i+1:]
		if hasPrefix(m, "<anonymous>") || hasPrefix(m, "native") || hasPrefix(m, "index ") {
			return true
		}
	} else if bytes.IndexByte(m, ' ') >= 0 {
		return false
	}
	for i := 1; i < len(m); i++ {
		if m[i-1] == ':' && digit(m[i]) {
			return true
		}
	}
	return false
}

// framesGoOn says whether an indented line is one of those that stand between frames.
func framesGoOn(m []byte) bool {
	if !indented(m) {
		return false
	}
	m = bytes.TrimLeft(m, " \t")
	switch {
	case hasPrefix(m, "... "):
		return bytes.HasSuffix(m, []byte(" more")) || bytes.Contains(m, []byte(" common frames omitted"))
	case hasPrefix(m, "Caused by: "), hasPrefix(m, "Suppressed: "), hasPrefix(m, "[CIRCULAR REFERENCE:"),
		hasPrefix(m, "--- End of "), hasPrefix(m, "---> "), hasPrefix(m, "- locked <"), hasPrefix(m, "- waiting "):
		return true
	}
	return false
}

// inner says whether a line is .NET's heading of an inner exception.
func inner(m []byte) bool {
	return indented(m) && hasPrefix(bytes.TrimLeft(m, " "), "---> ")
}

// exceptionWords are how the names of exceptions end.
var exceptionWords = [...]string{"Exception", "Error", "Throwable", "Fault"}

// exception says whether a line begins with an exception's name and nothing before it:
// java.io.IOException: gone, TypeError [CODE]: x, System.Exception.
func exception(m []byte) bool {
	const longest = 200
	name := m[:min(len(m), longest)]
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		name = name[:i]
	} else if len(m) > longest {
		return false
	}
	if i := bytes.IndexByte(name, ' '); i >= 0 {
		if i+1 < len(name) && name[i+1] != '[' {
			return false
		}
		name = name[:i]
	}
	return len(name) > 0 && namesException(name) && qualified(name)
}

func namesException(name []byte) bool {
	switch name[len(name)-1] { // of most words this decides
	case 'n', 'r', 'e', 't':
	default:
		return false
	}
	for _, w := range exceptionWords {
		if len(name) >= len(w) && string(name[len(name)-len(w):]) == w {
			return true
		}
	}
	return false
}

// qualified says whether a name is made of letters, digits and dots.
func qualified(name []byte) bool {
	for _, c := range name {
		if !letter(c) && !digit(c) && c != '.' && c != '/' && c != '+' && c != '`' {
			return false
		}
	}
	return len(name) > 0
}

// pyException says whether a line can be the exception at the end of a traceback: its
// name, alone or with a colon and text. Names of levels are none.
func pyException(m []byte) bool {
	name, rest, found := bytes.Cut(m, []byte(":"))
	if len(name) == 0 || !letter(name[0]) || !qualified(name) || found && len(rest) > 0 && rest[0] != ' ' {
		return false
	}
	return !bytes.Equal(name, bytes.ToUpper(name))
}

func isTraceback(m []byte) bool { return hasPrefix(m, "Traceback (most recent call last):") }

// goroutine says whether a line is the heading of a goroutine: goroutine 1 [running]:
func goroutine(m []byte) bool {
	const word = "goroutine "
	return hasPrefix(m, word) && len(m) > len(word) && digit(m[len(word)]) && bytes.Contains(m, []byte(" [")) && m[len(m)-1] == ':'
}

// function says whether a line is a function of a Go stack: main.f(0x1, ...), created by
// main.main in goroutine 1.
func function(m []byte) bool {
	if hasPrefix(m, "created by ") {
		return true
	}
	i := bytes.IndexByte(m, '(')
	if i <= 0 || m[len(m)-1] != ')' || !letter(m[0]) || bytes.IndexByte(m[:i], ' ') >= 0 {
		return false
	}
	return bytes.IndexByte(m[:i], '.') > 0 || string(m[:i]) == "panic"
}

// troubled says whether a record has a level of warning or worse.
func troubled(raw []byte) bool {
	for _, w := range [...]string{
		"ERROR", "FATAL", "SEVERE", "CRIT", "WARN", "EMERG", "ALERT", "[error]", "[crit]", "[warn",
		"level=error", "level=fatal", "level=warn", `level":"error`, `level":"fatal`, `level":"warn`, `"error"`,
	} {
		if bytes.Contains(raw, []byte(w)) {
			return true
		}
	}
	return false
}

// excepts says whether a line names an exception anywhere.
func excepts(raw []byte) bool {
	for _, w := range exceptionWords {
		if bytes.Contains(raw, []byte(w)) {
			return true
		}
	}
	return bytes.Contains(raw, []byte("Caused by: ")) || bytes.Contains(raw, []byte("Uncaught"))
}
