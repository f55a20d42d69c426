package parse

// readLogfmt reads key=value pairs (https://brandur.org/logfmt): the line starts with a
// pair, has two at least, and not more words without '=' than pairs. Values with blanks
// are in double quotes with backslash escapes.
func readLogfmt(p *Parser, line []byte) bool {
	if len(line) == 0 || !isLetter(line[0]) && line[0] != '@' && line[0] != '_' {
		return false
	}
	pairs, bare := 0, 0
	for i := 0; i < len(line); {
		if line[i] == ' ' || line[i] == '\t' || line[i] == '\r' {
			i++
			continue
		}
		start := i
		for i < len(line) && isKeyByte(line[i]) {
			i++
		}
		if i == start {
			return false
		}
		key := line[start:i]
		if i == len(line) || line[i] != '=' {
			if pairs == 0 || i < len(line) && line[i] > ' ' {
				return false
			}
			if bare++; bare > pairs+1 && bare > 3 {
				return false
			}
			continue
		}
		value, quoted, next := p.logfmtValue(line, i+1)
		if next == 0 {
			return false
		}
		i = next
		pairs++
		p.field(key, value, !quoted && len(value) > 0 && isDigit(value[0]))
	}
	return pairs >= 2 && bare <= pairs
}

// logfmtValue reads the value at i and returns where it ends, 0 when it is no value.
func (p *Parser) logfmtValue(line []byte, i int) (value []byte, quoted bool, next int) {
	if i >= len(line) || line[i] != '"' {
		start := i
		for i < len(line) && line[i] > ' ' {
			if line[i] == '"' {
				return nil, false, 0
			}
			i++
		}
		return line[start:i], false, i
	}
	start := i + 1
	escaped := false
	for i = start; i < len(line) && line[i] != '"'; i++ {
		if line[i] == '\\' {
			escaped = true
			i++
		}
	}
	if i >= len(line) || i+1 < len(line) && line[i+1] > ' ' {
		return nil, true, 0
	}
	value = line[start:i]
	if escaped {
		p.buf.text = unescape(p.buf.text[:0], value)
		value = p.buf.text
	}
	return value, true, i + 1
}

// unescape appends b without its backslash escapes.
func unescape(dst, b []byte) []byte {
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c == '\\' && i+1 < len(b) {
			i++
			switch c = b[i]; c {
			case 'n':
				c = '\n'
			case 't':
				c = '\t'
			case 'r':
				c = '\r'
			}
		}
		dst = append(dst, c)
	}
	return dst
}

func isKeyByte(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '_' || c == '.' || c == '-' || c == '@' || c == '/' || c == ':' || c >= 0x80
}
