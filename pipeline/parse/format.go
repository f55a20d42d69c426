package parse

// format is one way of writing a line.
type format struct {
	name string
	// read fills p.found from the line and returns true, or returns false when the line
	// is not of this format; what it has filled is then discarded. The shapes that the
	// formats accept exclude each other, so their order changes speed, not results.
	read func(p *Parser, line []byte) bool
}

// formats are tried in this order; the last one takes every line.
var formats = [...]format{
	{"json", readJSON},
	{"access", readAccess},
	{"syslog", readSyslog},
	{"syslog5424", readSyslog5424},
	{"apache_error", readApacheError},
	{"nginx_error", readNginxError},
	{"klog", readKlog},
	{"logcat", readLogcat},
	{"cri", readCRI},
	{"logfmt", readLogfmt},
	{"text", readText},
}

const textFormat = len(formats) - 1
