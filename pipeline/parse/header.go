package parse

import "bytes"

// header reads what log libraries write between a line's time and its message, in b: the
// level, the thread, the process, the logger, the place in the code, in whatever order and
// punctuation a layout has them. It returns the message.
//
//	 INFO  [main] org.example.Main: started            log4j, Hadoop, Spark
//	 - WARN  [Worker:17@688] - Send worker leaving     log4j, ZooKeeper
//	 25746 INFO nova.wsgi.server [req-1 a b - - -] GET  Oslo
//	 [main] DEBUG c.e.Main - started                   logback
//	  INFO 77 --- [  main] c.e.Main   : started        Spring Boot
//	, Info                  CBS    Loaded              padded columns
//	\tERROR\thttp\tserver.go:17\tfailed               zap
//	 - app.db - CRITICAL - down                        Python
//
// Without a level a line has a header only in the shapes of plain.
func (p *Parser) header(b []byte) (message []byte) {
	if rest := p.boundLevel(b); rest != nil {
		return rest
	}
	level := findLevel(b, true, true)
	if level == nil {
		if rest := p.letterLevel(b); rest != nil {
			return rest
		}
		return p.plain(b)
	}
	p.setLevel(level)
	at := cap(b) - cap(level)
	m := p.found.attrs.mark()
	if at > 0 && b[at-1] == '=' || !p.beforeLevel(b[:at]) {
		p.found.attrs.rewind(m)
		return p.plain(b)
	}
	if message = p.afterLevel(b[at+len(level):]); len(message) == 0 { // it says no more than its level
		return b[at:]
	}
	return message
}

// beforeLevel takes what stands between the time and the level. It returns false when it
// is rather the beginning of a sentence.
func (p *Parser) beforeLevel(b []byte) bool {
	b = bytes.TrimRight(b, "[<(|")
	words := 0
	for i := 0; i < len(b); {
		if b[i] <= ' ' {
			i++
			continue
		}
		if b[i] == '[' {
			group, end := enclosed(b, i)
			if end == 0 {
				return false
			}
			p.takeGroup(group)
			i = end
			continue
		}
		start := i
		for i < len(b) && b[i] > ' ' {
			i++
		}
		word := bytes.Trim(b[start:i], ",;:|-")
		switch {
		case len(word) == 0:
		case allDigits(word):
			p.found.attrs.add("process.pid", word)
		case sentenceWord(word) && words > 1:
			return false
		default:
			if words++; words == 1 && identifier(word) {
				p.found.attrs.add("log.logger", word)
			}
		}
	}
	return true
}

// sentenceWord says whether a word is of small letters only, as those of a sentence are.
func sentenceWord(b []byte) bool {
	for _, c := range b {
		if c-'a' >= 26 {
			return false
		}
	}
	return true
}

// afterLevel takes what stands between the level and the message, and returns that.
func (p *Parser) afterLevel(b []byte) []byte {
	i := blanks(b, 0) // Elasticsearch pads: [INFO ]
	if i < len(b) && (b[i] == ']' || b[i] == '>' || b[i] == ')' || b[i] == '|') {
		i++
	} else {
		i = 0
	}
	if i < len(b) && b[i] == ':' {
		i++
	}
	threads, logger := 0, false
	for range 6 {
		before := i
		i = separators(b, i)
		if i >= len(b) {
			break
		}
		start := i
		if threads > 0 && bytes.IndexByte(b[before:i], '-') >= 0 && bytes.Count(b[before:i], []byte{'-'}) == 1 {
			return b[start:]
		}
		switch c := b[i]; {
		case c == '[' || c == '(' && threads > 0:
			group, end := enclosed(b, i)
			if end == 0 || threads > 1 || end < len(b) && b[end] != ' ' && b[end] != '\t' && b[end] != ':' {
				return b[start:]
			}
			p.takeGroup(group)
			if i = end; logger || c == '(' {
				return b[separators(b, i):]
			}
			if threads++; i < len(b) && b[i] == ':' {
				i++
			}
			continue
		case isDigit(c):
			for i < len(b) && isDigit(b[i]) {
				i++
			}
			if next := blanks(b, i); i == next || !bytes.HasPrefix(b[next:], []byte("---")) && !bytes.HasPrefix(b[next:], []byte{'['}) {
				return b[start:]
			}
			p.found.attrs.add("process.pid", b[start:i])
			continue
		case !isLetter(c) && c != '_':
			return b[start:]
		}
		for i < len(b) && nameByte(b[i]) {
			i++
		}
		word := b[start:i]
		colon := len(word) > 1 && word[len(word)-1] == ':'
		if colon {
			word = word[:len(word)-1]
		}
		rest := b[i:]
		switch {
		case len(rest) > 0 && rest[0] > ' ' || !identifier(word):
			return b[start:]
		case colon && (threads > 0 || loggerName(word)):
			p.found.attrs.add(placeOrLogger(word), word)
			return b[separators(b, i):]
		case colon:
			return b[start:]
		case bytes.HasPrefix(rest, []byte(" - ")) || bytes.HasPrefix(bytes.TrimLeft(rest, " "), []byte(": ")):
			if threads == 0 && !loggerName(word) {
				return b[start:]
			}
			p.found.attrs.add(placeOrLogger(word), word)
			return b[separators(b, i):]
		case bytes.HasPrefix(rest, []byte("  ")): // a padded column
			p.found.attrs.add(placeOrLogger(word), word)
			return b[separators(b, i):]
		case bytes.HasPrefix(rest, []byte{'\t'}) && loggerName(word):
			p.found.attrs.add(placeOrLogger(word), word)
		case loggerName(word) && bytes.HasPrefix(rest, []byte(" [")):
			p.found.attrs.add("log.logger", word)
			logger = true
		case placeOrLogger(word) == "code.location":
			p.found.attrs.add("code.location", word)
		default:
			return b[start:]
		}
	}
	return b[min(i, len(b)):]
}

// plain takes the few shapes of header that lines without a level have, and returns the
// message: columns with '|' between them, `program - `, `file.go:7: `.
//
//	|Step_LSC|30002312|message      ] chrome.exe *64 - message
func (p *Parser) plain(b []byte) []byte {
	i := 0
	if i < len(b) && (b[i] == ']' || b[i] == ')') {
		i++
	}
	if i < len(b) && b[i] == '|' {
		for range 4 {
			end := bytes.IndexByte(b[i+1:min(len(b), i+49)], '|')
			if end < 0 || bytes.IndexByte(b[i+1:i+1+end], ' ') >= 0 {
				break
			}
			if column := b[i+1 : i+1+end]; allDigits(column) {
				p.found.attrs.add("process.pid", column)
			} else if identifier(column) {
				p.found.attrs.add("log.logger", column)
			}
			i += 1 + end
		}
		return b[i+1:]
	}
	i = separators(b, i)
	start := i
	for i < len(b) && nameByte(b[i]) {
		i++
	}
	word, rest := b[start:i], b[i:]
	switch {
	case len(word) == 0:
	case !isLetter(word[0]):
	case word[len(word)-1] == ':' && placeOrLogger(word[:len(word)-1]) == "code.location":
		p.found.attrs.add("code.location", word[:len(word)-1])
		return b[separators(b, i):]
	case identifier(word):
		// `name - ` or `name *64 - `
		if dash := bytes.Index(rest[:min(len(rest), 16)], []byte(" - ")); dash >= 0 && bytes.Count(rest[:dash], []byte{' '}) <= 1 && (dash == 0 || !isLetter(rest[1])) {
			p.found.attrs.add("process.executable.name", word)
			return b[separators(b, i+dash+3):]
		}
	}
	return b[start:]
}

// separators returns where a part begins that follows blanks, commas, bars and lone dashes.
func separators(b []byte, i int) int {
	for i < len(b) {
		switch c := b[i]; {
		case c == ' ' || c == '\t' || c == '|' || c == ',':
			i++
		case c == '-' || c == ':':
			j := i
			for j < len(b) && b[j] == c && j < i+3 {
				j++
			}
			if j < len(b) && b[j] != ' ' || i > 0 && b[i-1] > ' ' {
				return i
			}
			i = j
		default:
			return i
		}
	}
	return i
}

// takeGroup takes what stands in brackets: a process id, else the thread, else what the
// program says of the circumstances.
func (p *Parser) takeGroup(b []byte) {
	b = bytes.TrimSpace(b)
	switch {
	case p.traceGroup(b):
	case mapped(b):
		p.pairs(b)
	case len(b) == 0 || len(b) == 1 && b[0] == '-':
	case allDigits(b):
		p.found.attrs.add("process.pid", b)
	case !p.found.attrs.has("log.logger") && !p.found.attrs.has("thread.name"):
		p.found.attrs.add("thread.name", b)
	default:
		p.found.attrs.add("log.context", b)
	}
}

// mapped says whether what stands in brackets begins with a pair, as the diagnostic context
// of log4j and logback does.
func mapped(b []byte) bool {
	i := 0
	for i < len(b) && isKeyByte(b[i]) {
		i++
	}
	return i > 0 && i < len(b) && b[i] == '=' && isLetter(b[0])
}

// How long a group in brackets can be, and how deep they can be nested.
const groupBytes = 512

// enclosed returns what stands in the brackets at i, which may hold others, and where it
// ends; end is 0 when the bracket is not closed.
func enclosed(b []byte, i int) (group []byte, end int) {
	opening, closing := b[i], byte(']')
	if opening == '(' {
		closing = ')'
	}
	depth := 0
	for j := i; j < len(b) && j < i+groupBytes; j++ {
		switch b[j] {
		case opening:
			depth++
		case closing:
			if depth--; depth == 0 {
				return b[i+1 : j], j + 1
			}
		}
	}
	return nil, 0
}

// nameByte says whether c can be part of the name of a logger, a class or a place in code.
func nameByte(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '.' || c == '_' || c == '$' || c == '-' || c == '/' || c == ':' || c == '@' || c == '#'
}

// identifier says whether b is a name and no more: not a number, not an address.
func identifier(b []byte) bool {
	if len(b) == 0 || len(b) > 128 || !isLetter(b[0]) && b[0] != '_' {
		return false
	}
	return b[len(b)-1] != '.' && !bytes.Contains(b, []byte("://"))
}

// loggerName says whether a name is one that sentences do not hold: with a point, a dollar
// or an underscore within, or a capital after a small letter.
func loggerName(b []byte) bool {
	for i := 1; i < len(b)-1; i++ {
		c := b[i]
		if c == '.' || c == '$' || c == '_' || c == '/' || c == ':' || isUpper(c) && isLower(b[i-1]) || isDigit(c) {
			return true
		}
	}
	return false
}

// placeOrLogger tells a place in the code (server.go:17) from a logger's name.
func placeOrLogger(b []byte) string {
	i := bytes.LastIndexByte(b, ':')
	if i > 2 && i+1 < len(b) && allDigits(b[i+1:]) && bytes.IndexByte(b[:i], '.') > 0 {
		return "code.location"
	}
	return "log.logger"
}

func isLower(c byte) bool { return c-'a' < 26 }
