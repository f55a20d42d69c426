package journal

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"foghorn/pipeline"
)

// fields are what journalctl is asked for; it prints __CURSOR and __REALTIME_TIMESTAMP always
// (systemd.journal-fields(7)).
var fields = []string{
	"MESSAGE", "PRIORITY", "_HOSTNAME", "SYSLOG_IDENTIFIER", "_COMM", "_PID", "SYSLOG_PID", "_SYSTEMD_UNIT",
	"_SOURCE_REALTIME_TIMESTAMP", "CONTAINER_NAME", "CONTAINER_ID_FULL", "CONTAINER_ID", "IMAGE_NAME",
}

// entry is one entry of the journal.
type entry struct {
	cursor           string
	time             time.Time
	severity         pipeline.Severity // 0 for none
	host, identifier string
	pid, unit        string
	container        struct{ name, id, image string }
	message          []byte
}

var errNoCursor = errors.New("it has no __CURSOR")

// decoder reads entries in journalctl's JSON: a value is a string, an array of numbers where its
// bytes are no text, null where it was too large, or an array of these where the field comes
// more than once (then the first counts).
type decoder struct {
	parser fastjson.Parser
	buf    []byte
}

// decode reads one entry. Its message is valid until the next call.
func (d *decoder) decode(line []byte) (entry, error) {
	v, err := d.parser.ParseBytes(line)
	if err != nil {
		return entry{}, fmt.Errorf("entry is no JSON: %w", err)
	}
	o, err := v.Object()
	if err != nil {
		return entry{}, fmt.Errorf("entry is no JSON object: %w", err)
	}
	text := func(name string) string { return word(d.bytes(o.Get(name))) }
	e := entry{
		cursor: string(d.bytes(o.Get("__CURSOR"))), host: text("_HOSTNAME"), identifier: text("SYSLOG_IDENTIFIER"),
		pid: text("_PID"), unit: text("_SYSTEMD_UNIT"),
	}
	if e.cursor == "" {
		return entry{}, errNoCursor
	}
	if e.identifier == "" {
		e.identifier = text("_COMM")
	}
	if pid := text("SYSLOG_PID"); pid != "" && e.pid == "" {
		e.pid = pid
	}
	e.container.name, e.container.id, e.container.image = text("CONTAINER_NAME"), text("CONTAINER_ID_FULL"), text("IMAGE_NAME")
	if e.container.id == "" {
		e.container.id = text("CONTAINER_ID")
	}
	stamp := text("_SOURCE_REALTIME_TIMESTAMP")
	if stamp == "" {
		stamp = text("__REALTIME_TIMESTAMP")
	}
	if us, err := strconv.ParseInt(stamp, 10, 64); err == nil && us > 0 && us < 1<<53 {
		e.time = time.UnixMicro(us).UTC()
	}
	if p := d.bytes(o.Get("PRIORITY")); len(p) == 1 && p[0] >= '0' && p[0] <= '7' {
		e.severity = severities[p[0]-'0']
	}
	e.message = d.bytes(o.Get("MESSAGE")) // last: the buffer is shared
	return e, nil
}

// severities of PRIORITY, which is syslog's, as OpenTelemetry maps them.
var severities = [8]pipeline.Severity{21, 19, 18, 17, 13, 10, 9, 5}

// bytes returns a field's bytes, nil for none. They are valid until the next call.
func (d *decoder) bytes(v *fastjson.Value) []byte {
	if v == nil {
		return nil
	}
	switch v.Type() {
	case fastjson.TypeString:
		return v.GetStringBytes()
	case fastjson.TypeArray:
		values := v.GetArray()
		if len(values) > 0 && values[0].Type() != fastjson.TypeNumber {
			return d.bytes(values[0])
		}
		d.buf = d.buf[:0]
		for _, n := range values {
			b, err := n.Uint()
			if err != nil || b > 255 {
				return nil
			}
			d.buf = append(d.buf, byte(b))
		}
		return d.buf
	}
	return nil
}

// service is what the entry's lines are a stream of.
func (e *entry) service() string {
	switch name, ok := strings.CutSuffix(e.unit, ".service"); {
	case e.container.name != "":
		return e.container.name
	case ok && name != "":
		return name
	case e.identifier != "":
		return e.identifier
	}
	return "unknown"
}

// raw appends the line: the head that journalctl's short-iso-precise has, and the message.
func (e *entry) raw(b []byte) []byte {
	if !e.time.IsZero() {
		b = e.time.AppendFormat(b, "2006-01-02T15:04:05.000000-07:00")
		b = append(b, ' ')
	}
	if e.host != "" {
		b = append(append(b, e.host...), ' ')
	}
	if e.identifier == "" {
		b = append(b, "unknown"...)
	}
	b = append(b, e.identifier...)
	if e.pid != "" {
		b = append(b, '[')
		b = append(b, e.pid...)
		b = append(b, ']')
	}
	b = append(b, ": "...)
	return append(b, bytes.TrimRight(e.message, "\n")...)
}

// maxWord bounds the words of the head, which are labels and the source too: any program can
// set most of them, to megabytes.
const maxWord = 512

// word cuts a word of the head, and takes line feeds, NULs and what is no UTF-8 out of it.
func word(b []byte) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == 0 {
			return ' '
		}
		return r
	}, string(b[:min(len(b), maxWord)]))
}
