package parse

// readCRI reads the files that Kubernetes' container runtimes write, and then the line
// that the container wrote:
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
	if len(flag) != 1 || flag[0] != 'F' && flag[0] != 'P' {
		return false
	}
	inner := rest[1:]
	if len(inner) > 0 {
		inner = inner[1:]
	}
	p.found.attrs.add("log.iostream", stream)
	p.choose(&p.inner, inner, true)
	p.found.setTime(ns)
	return true
}
