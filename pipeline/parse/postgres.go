package parse

import "bytes"

// readPostgres reads PostgreSQL's stderr log, with the line prefixes that are common (%m
// [%p] %q%u@%d, %t [%p-%l], user=%u,db=%d,app=%a,client=%h). The two blanks behind the
// level's colon are PostgreSQL's mark.
//
//	2016-12-19 23:00:00.123 CET [77] bob@shop ERROR:  relation "x" does not exist at character 15
//	2016-12-19 23:00:00 UTC [77]: [2-1] user=bob,db=shop,app=psql,client=10.0.0.1 LOG:  duration: 3.1 ms
//
// DETAIL, HINT, STATEMENT and the like belong to the line before; they have no level.
func readPostgres(p *Parser, line []byte) bool {
	i := bytes.Index(line[:min(len(line), 256)], []byte(":  "))
	if i < 0 {
		return false
	}
	start := bytes.LastIndexByte(line[:i], ' ') + 1
	if start == 0 || !postgresWord(line[start:i]) {
		return false
	}
	ns, n := p.clock.stamp(line)
	if n == 0 || n > start {
		return false
	}
	p.found.setTime(ns)
	p.postgresLevel(line[start:i])
	for word, rest := token(bytes.TrimLeft(line[n:start], " ")); len(word) > 0; word, rest = token(rest) {
		p.postgresPrefix(bytes.TrimRight(word, ":"))
	}
	message := line[i+3:]
	p.setMessage(message)
	p.details(message)
	return true
}

// postgresPrefix takes a word of the line's prefix.
func (p *Parser) postgresPrefix(word []byte) {
	f := &p.found.attrs
	if word[0] == '[' {
		pid := word[1:]
		n := 0
		for n < len(pid) && isDigit(pid[n]) {
			n++
		}
		f.add("process.pid", pid[:n])
		return
	}
	if bytes.IndexByte(word, '=') < 0 {
		if user, db, ok := bytes.Cut(word, []byte{'@'}); ok {
			f.add("user.name", unknown(user))
			f.add("db.namespace", unknown(db))
		}
		return
	}
	for len(word) > 0 {
		pair, rest, _ := bytes.Cut(word, []byte{','})
		word = rest
		key, value, _ := bytes.Cut(pair, []byte{'='})
		switch string(key) {
		case "user":
			f.add("user.name", unknown(value))
		case "db":
			f.add("db.namespace", unknown(value))
		case "app":
			f.add("db.client.application", unknown(value))
		case "client", "host":
			f.add("client.address", unknown(value))
		}
	}
}

// unknown returns nil for PostgreSQL's [unknown].
func unknown(b []byte) []byte {
	if string(b) == "[unknown]" {
		return nil
	}
	return b
}

func postgresWord(b []byte) bool {
	switch string(b) {
	case "LOG", "INFO", "NOTICE", "WARNING", "ERROR", "FATAL", "PANIC", "DEBUG1", "DEBUG2", "DEBUG3", "DEBUG4", "DEBUG5", "DEBUG",
		"DETAIL", "HINT", "STATEMENT", "CONTEXT", "QUERY", "LOCATION":
		return true
	}
	return false
}

func (p *Parser) postgresLevel(word []byte) {
	if bytes.HasPrefix(word, []byte("DEBUG")) {
		p.found.severity, _ = levelOf(word[:5])
		p.found.level = p.names.get(word)
		return
	}
	p.setLevel(word)
}

// readPostgresCSV reads PostgreSQL's csvlog, whose values may hold line feeds:
//
//	2016-12-19 23:00:00.123 UTC,"bob","shop",77,"10.0.0.1:5432",5858.4d,1,"SELECT",2016-12-19 22:59:59 UTC,3/4,0,ERROR,42P01,"no such relation",...
//
// (PostgreSQL documentation, "Using CSV-Format Log Output".)
func readPostgresCSV(p *Parser, line []byte) bool {
	ns, n := p.clock.stamp(line)
	if n == 0 {
		return false
	}
	if n < len(line) && line[n] == ' ' { // a zone that tells none
		for n++; n < len(line) && isLetter(line[n]); n++ {
		}
	}
	if n >= len(line) || line[n] != ',' {
		return false
	}
	var columns [24][]byte
	if csvColumns(p.event(line), columns[:]) < 14 || !postgresWord(columns[11]) || len(columns[12]) != 5 {
		return false
	}
	f := &p.found.attrs
	p.found.setTime(ns)
	p.postgresLevel(columns[11])
	f.add("user.name", columns[1])
	f.add("db.namespace", columns[2])
	f.add("process.pid", columns[3])
	if string(columns[4]) != "[local]" {
		f.add("client.address", withoutPort(columns[4]))
	}
	f.add("db.operation.name", columns[7])
	if string(columns[12]) != "00000" {
		f.add("db.response.status_code", columns[12])
	}
	f.add("db.client.application", columns[22])
	message := columns[13]
	if i := bytes.IndexByte(message, '\n'); i >= 0 {
		message = message[:i]
	}
	if bytes.Contains(message, []byte(`""`)) {
		message = bytes.ReplaceAll(message, []byte(`""`), []byte{'"'})
	}
	p.setMessage(message)
	return true
}

// csvColumns splits the first columns of b, less their quotes, and returns how many there
// are. A quote doubled within one stays doubled.
func csvColumns(b []byte, columns [][]byte) int {
	for n := range columns {
		var end int
		if len(b) > 0 && b[0] == '"' {
			for end = 1; end < len(b); end++ {
				if b[end] == '"' {
					if end+1 == len(b) || b[end+1] != '"' {
						break
					}
					end++
				}
			}
			if end >= len(b) {
				return n
			}
			columns[n] = b[1:end]
			end++
		} else {
			if end = bytes.IndexByte(b, ','); end < 0 {
				end = len(b)
			}
			columns[n] = b[:end]
		}
		if end >= len(b) || b[end] != ',' {
			return n + 1
		}
		b = b[end+1:]
	}
	return len(columns)
}
