package parse

import "foghorn/pipeline"

// maxLevel is the longest level word (informational).
const maxLevel = 13

// levelOf reads a level word in any case; see pipeline.ParseSeverity.
func levelOf(word []byte) (pipeline.Severity, bool) {
	if len(word) < 3 || len(word) > maxLevel || !isLetter(word[0]) {
		return 0, false
	}
	var lower [maxLevel]byte
	for i, c := range word {
		if c-'A' < 26 {
			c |= 0x20
		}
		lower[i] = c
	}
	switch string(lower[:len(word)]) {
	case "log", "note": // PostgreSQL, MySQL
		return pipeline.SeverityInfo, true
	}
	return pipeline.ParseSeverity(string(lower[:len(word)]))
}

// plainLevel says whether a word is a level that stands for itself where it is written
// as one, without brackets or a colon: FINE, CONFIG, ALERT, LOG and others are too
// often just words.
func plainLevel(word []byte) bool {
	switch word[0] | 0x20 {
	case 'a', 'v', 'l':
		return false
	case 'n':
		return len(word) == 6 // notice
	case 'c':
		return word[1]|0x20 == 'r' // crit, critical
	case 'f':
		return word[1]|0x20 == 'a' && len(word) == 5 || word[1]|0x20 == 't' // fatal, ftl
	}
	return true
}

// syslogSeverity is the severity of the lower three bits of a syslog priority, as
// OpenTelemetry maps them.
var syslogSeverity = [8]pipeline.Severity{21, 19, 18, 17, 13, 10, 9, 5}

// How far a level word is looked for in plain text.
const (
	levelTokens = 8
	levelBytes  = 160
)

// findLevel looks for a level word near the beginning of text: in brackets, or before a
// colon where a new part begins (`[error]`, `<info>`, `sshd: error: `), after level=, as the
// first word in any case, or in capitals. capitals and first say whether the last two count.
func findLevel(b []byte, first, capitals bool) []byte {
	b = b[:min(len(b), levelBytes)]
	tokens := 0
	for i := 0; i < len(b); {
		if !isLetter(b[i]) {
			if b[i] == ' ' && i > 0 && b[i-1] != ' ' {
				if tokens++; tokens >= levelTokens {
					return nil
				}
			}
			i++
			continue
		}
		start := i
		upper := true
		for i < len(b) && isLetter(b[i]) {
			upper = upper && b[i] < 'a'
			i++
		}
		word := b[start:i]
		if len(word) < 3 || len(word) > maxLevel {
			first = false
			continue
		}
		var left, right byte = ' ', ' '
		if start > 0 {
			left = b[start-1]
		}
		if i < len(b) {
			right = b[i]
		}
		if right == ':' && (i+1 < len(b) && b[i+1] > ' ' && !upper || !upper && !partStart(b[:start])) {
			right = 'x'
		}
		if levelPlace(left, right, upper, first, capitals, word) ||
			left == '=' && levelKey(b[:start-1]) {
			if _, ok := levelOf(word); ok {
				return word
			}
		}
		first = false
	}
	return nil
}

// levelPlace says whether a word between left and right is where a level may stand.
func levelPlace(left, right byte, upper, first, capitals bool, word []byte) bool {
	switch {
	case isWordByte(left) || isWordByte(right) || left == '.' || left == '/' || right == '=' || right == '/':
		return false
	case (left == '[' || left == '<' || left == '(' || left == '|') && (right == ']' || right == '>' || right == ')' || right == '|'):
		return true
	case right == ':' && upper:
		return true
	}
	return (right == ':' || capitals && upper || first) && plainLevel(word)
}

// partStart says whether what follows b begins a part: b is blank or ends in punctuation.
func partStart(b []byte) bool {
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] != ' ' {
			return !isWordByte(b[i])
		}
	}
	return true
}

// levelKey says whether text ends with the name of a level field.
func levelKey(b []byte) bool {
	for _, k := range [...]string{"level", "lvl", "severity"} {
		if len(b) >= len(k) && string(b[len(b)-len(k):]) == k {
			return true
		}
	}
	return false
}

func isDigit(c byte) bool    { return c-'0' < 10 }
func isLetter(c byte) bool   { return c|0x20-'a' < 26 }
func isWordByte(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' || c >= 0x80 }
