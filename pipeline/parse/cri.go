package parse

import "bytes"

// readCRI reads the files that Kubernetes' container runtimes write, and then the line
// that the container wrote, in the source's inner format:
//
//	2016-10-06T00:17:09.669794202Z stdout F {"level":"info"}
//
// A time that the inner line tells counts, else the runtime's.
func readCRI(p *Parser, line []byte) bool {
	if len(line) < 30 || line[0] != '2' || line[4] != '-' || line[10] != 'T' {
		return false
	}
	ns, n := p.clock.stamp(line)
	if n == 0 || n+10 > len(line) || line[n] != ' ' {
		return false
	}
	stream, rest := token(line[n+1:])
	if string(stream) != "stdout" && string(stream) != "stderr" {
		return false
	}
	flag, _ := token(rest)
	if len(flag) == 0 || flag[0] != 'F' && flag[0] != 'P' || len(flag) > 1 && flag[1] != ':' {
		return false
	}
	inner := rest[len(flag):]
	if len(inner) > 0 {
		inner = inner[1:]
	}
	p.found.attrs.add("log.iostream", stream)
	p.unwrap(inner)
	p.found.setTime(ns)
	return true
}

// What begins a line of Docker's json-file driver, and follows its text.
var dockerLog, dockerStream, dockerTime = []byte(`{"log":"`), []byte(`,"stream":"std`), []byte(`"time":"`)

// readDocker reads a line of Docker's json-file driver as readCRI does one of its own:
//
//	{"log":"{\"level\":\"info\"}\n","stream":"stdout","time":"2016-12-19T23:00:00.123456789Z"}
func readDocker(p *Parser, line []byte) bool {
	if !bytes.HasPrefix(line, dockerLog) {
		return false
	}
	text, end := quoted(line, len(dockerLog)-1)
	if end == 0 || !bytes.HasPrefix(line[end:], dockerStream) {
		return false
	}
	rest := line[end+len(dockerStream):]
	at := bytes.Index(rest, dockerTime)
	if at < 3 {
		return false
	}
	stamp, _ := quoted(rest, at+len(dockerTime)-1)
	ns, ok := p.clock.whole(stamp)
	if !ok {
		return false
	}
	text = bytes.TrimSuffix(text, []byte(`\n`))
	if bytes.IndexByte(text, '\\') >= 0 {
		p.buf.used = max(p.buf.used, end)
		v, err := p.buf.json.ParseBytes(line[len(dockerLog)-1 : end])
		if err != nil {
			return false
		}
		p.buf.inner = append(p.buf.inner[:0], bytes.TrimSuffix(v.GetStringBytes(), []byte{'\n'})...)
		text = p.buf.inner
	}
	stream := []byte("stdout")
	if rest[0] == 'e' {
		stream = []byte("stderr")
	}
	p.found.attrs.add("log.iostream", stream)
	p.unwrap(text)
	p.found.setTime(ns)
	return true
}

// unwrap reads the line that another one wraps.
func (p *Parser) unwrap(line []byte) {
	p.setMessage(line)
	if p.innerName != "" {
		if p.misfit = !p.readNamed(&p.inner, line, p.innerName, true); !p.misfit {
			return
		}
		p.inner.last = textFormat
		readText(p, line)
		return
	}
	p.choose(&p.inner, line, true)
}
