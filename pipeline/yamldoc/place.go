package yamldoc

import "strings"

// FaultIn makes a fault at a character (from 1) of the text at path: in the YAML it stands
// behind a quote, or some lines below its key. Where that cannot be told (folded text), the
// fault is at the beginning of the value.
func (d *Document) FaultIn(path, text string, character int, format string, args ...any) Fault {
	f := d.Fault(path, format, args...)
	if line, column, ok := d.inside(f.Line, f.Column, text, character-1); ok && d.Has(path) {
		f.Line, f.Column = line, column
	}
	return f
}

// inside finds the place of a value's character in the file, given where the value
// starts. ok is false for forms in which it cannot be told.
func (d *Document) inside(line, column int, value string, character int) (int, int, bool) {
	if line < 1 || line > len(d.lines) {
		return 0, 0, false
	}
	raw := []rune(d.lines[line-1])
	at := column - 1
	if at < 0 || at >= len(raw) || character < 0 {
		return 0, 0, false
	}
	switch raw[at] {
	case '|':
		return d.insideBlock(line, value, character)
	case '>':
		return 0, 0, false
	case '\'', '"':
		quote := raw[at]
		at++
		for ; character > 0 && at < len(raw); character-- {
			switch {
			case quote == '\'' && raw[at] == '\'':
				at += 2
			case quote == '"' && raw[at] == '\\' && at+1 < len(raw):
				at += 2 + map[rune]int{'x': 2, 'u': 4, 'U': 8}[raw[at+1]]
			default:
				at++
			}
		}
	default:
		at += character
	}
	return line, at + 1, at <= len(raw)
}

// insideBlock finds a character of a block ("|") that begins after the given line.
func (d *Document) insideBlock(line int, value string, character int) (int, int, bool) {
	runes := []rune(value)
	before := string(runes[:min(character, len(runes))])
	row := strings.Count(before, "\n")
	column := character - len([]rune(before[:strings.LastIndexByte(before, '\n')+1]))
	for _, text := range d.lines[line:] {
		if strings.TrimSpace(text) == "" {
			continue
		}
		indent := len(text) - len(strings.TrimLeft(text, " "))
		at := line + 1 + row
		return at, indent + column + 1, at <= len(d.lines)
	}
	return 0, 0, false
}
