package parse

import (
	"time"

	"foghorn/pipeline"
)

// Parser reads the lines of one source. It is used by one goroutine.
type Parser struct {
	cfg       Config
	formats   []format
	outer     choice
	inner     choice // of lines that another format wraps
	innerName string // the format that wrapped lines are set to have
	misfit    bool   // the last line is not of the format that it was said to have
	// The rest is scratch for one line.
	clock clock
	found found
	buf   *scratch
	names memo
	raw   []byte // the line, while it is parsed
	head  []byte // its first line
	// message is where the message of the last line is.
	message span
	custom  custom
}

// New returns a Parser. It panics on nothing and needs no closing.
func New(cfg Config) *Parser { return newParser(cfg, new(scratch)) }

// newParser returns a Parser that shares scratch with others of the same goroutine.
func newParser(cfg Config, buf *scratch) *Parser {
	cfg = cfg.withDefaults()
	p := &Parser{cfg: cfg, formats: formats[:], buf: buf}
	p.outer.last, p.inner.last = textFormat, textFormat
	p.clock.in("", cfg.Location)
	p.found.attrs.all, p.found.attrs.room = &buf.keys, &buf.room
	p.found.attrs.maxCount, p.found.attrs.maxValue = cfg.MaxAttrs, cfg.MaxValue
	return p
}

// found is what a format read from a line.
type found struct {
	facts
	attrs fields
}

// facts are what is found but the attributes.
type facts struct {
	time        int64
	hasTime     bool
	severity    pipeline.Severity
	level       string // the line's spelling, interned
	service     string
	rank        int // of service, see setService
	host        string
	trace       string
	span        string
	status      int
	message     []byte // nil: the first line
	messageRank int
}

// rewind takes back all but the attributes that m marks.
func (f *found) rewind(m mark) {
	f.facts = facts{}
	f.attrs.rewind(m)
}

// Parse makes the Event of a line. It never fails: a line of no known format is plain
// text. The event's Body is the line's Raw itself, unchanged; all else that the event
// holds is its own memory. Of an event of several lines the first one decides the format,
// the time and the level, and the others give the attributes exception.type,
// exception.message and exception.stacktrace where they are a stack trace.
//
// Format: the line's Format, else the one learned of the source's lines before, else the
// first that fits. A line that is not of the format it is said to have is text; Misfit tells.
//
// Timestamp: the line's own time; a missing year is the one that brings it nearest
// before Observed (up to a day after), a missing zone is the line's Zone, else Config.Location. (See clock.settle for dates
// whose order the line does not tell, and clock.pick for the hour that comes twice.) No time, or one
// before 1990 or more than a day after Observed: it is Observed, and TimeObserved is set.
// When Observed is the zero time nothing is known of it: no time is too late, a year
// cannot be missing, and Event.Observed is 0.
//
// What the labels of given.go say goes before all of this.
//
// Service: the label service, else what the line tells. Host: the shipper's, else (a
// foreign producer's line) the label host, else what the line tells. ErrorClass: by the HTTP status; without
// one, severity error and above is ErrorServer.
func (p *Parser) Parse(l *pipeline.Line) (e pipeline.Event) {
	p.parse(l, &e)
	e.Attrs = p.buf.room.keep(e.Attrs)
	return e
}

// parse is Parse into e, which is empty: an event is large, and copied but once so. More
// attributes can be appended until attrRoom.keep.
func (p *Parser) parse(l *pipeline.Line, e *pipeline.Event) {
	e.ID, e.Size, e.Sizes, e.Truncated, e.Body = l.ID, l.Size, l.Sizes, l.Truncated, l.Raw
	if !l.Observed.IsZero() {
		e.Observed = l.Observed.UnixNano()
	}
	p.clock.observed = e.Observed
	p.clock.in(l.Zone, p.cfg.Location)
	foreign := l.ID.Generation == 0
	if e.Path = l.ID.Source; !foreign {
		e.Host, e.Path = pipeline.SplitSource(l.ID.Source)
	}

	f := &p.found
	f.rewind(mark{})
	var g given
	for i := range l.Labels {
		switch a := &l.Labels[i]; {
		case g.take(p, a.Key, a.Value):
		case a.Key == "service" || a.Key == "service.name":
			e.Service = a.Value
		case foreign && (a.Key == "host" || a.Key == "host.name"):
			e.Host = a.Value
		default:
			f.attrs.addLabel(a.Key, a.Value)
		}
	}
	p.raw = l.Raw
	p.custom.follow(p.cfg.Patterns.Load(), e.Path, l)
	p.head = firstLine(l.Raw)
	p.read(p.head, l.Format)
	if len(p.head)+1 < len(l.Raw) {
		p.exception()
	}
	g.apply(p, e)

	e.Timestamp = f.time
	if !f.hasTime || f.time < earliest || e.Observed != 0 && f.time > e.Observed+int64(24*time.Hour) {
		e.Timestamp, e.TimeObserved = e.Observed, true
	} else {
		p.clock.last = f.time
	}
	if e.Service == "" && !f.strangersName() {
		e.Service = f.service
	}
	switch {
	case e.Host == "" && foreign:
		e.Host = f.host
	case f.host != "" && f.host != e.Host:
		f.attrs.add("syslog.hostname", []byte(f.host))
	}
	e.Severity, e.SeverityText = f.severity, f.level
	e.TraceID, e.SpanID = f.trace, f.span
	e.ErrorClass = errorClass(f.status, f.severity)
	e.Attrs = f.attrs.take()
	p.placeMessage()
	p.buf.shrink()
}

// Format returns the name of the last line's format: json, logfmt, syslog, text, ...
func (p *Parser) Format() string {
	if p.custom.chosen != nil {
		return p.custom.chosen.Name
	}
	return p.formats[p.outer.last].name
}

// Misfit says whether the last line is not of the format that its source is set to have,
// or there is no such format; it was read as text.
func (p *Parser) Misfit() bool { return p.misfit }

// Dropped returns how many fields of the last line were left out or cut because of the
// bounds in Config.
func (p *Parser) Dropped() int { return p.found.attrs.dropped }

// errorClass is the class of an event by its HTTP status, else by its severity.
func errorClass(status int, s pipeline.Severity) string {
	switch {
	case status >= 500:
		return pipeline.ErrorServer
	case status >= 400:
		return pipeline.ErrorClient
	case status == 0 && s >= pipeline.SeverityError:
		return pipeline.ErrorServer
	}
	return ""
}

// setTime sets the event's time unless an earlier call did.
func (f *found) setTime(ns int64) {
	if !f.hasTime {
		f.time, f.hasTime = ns, true
	}
}

// Ranks of the places where a line can name its service.
const (
	rankName    = iota + 1 // bunyan's and pino's name
	rankProgram            // syslog's program
	rankApp                // a field app
	rankService            // a field service or service.name
)

// strangersName says whether the service is only a field name in a line that neither
// bunyan nor pino wrote, whose levels are numbers: it may be anybody's.
func (f *found) strangersName() bool {
	return f.rank == rankName && (f.level == "" || !isDigit(f.level[0]))
}

// setService sets the service unless a better place named one.
func (p *Parser) setService(rank int, name []byte) {
	if len(name) > 0 && rank > p.found.rank {
		p.found.service, p.found.rank = p.names.get(name), rank
	}
}

func (p *Parser) setHost(name []byte) {
	if len(name) > 0 && p.found.host == "" {
		p.found.host = p.names.get(name)
	}
}

// setLevel sets the severity by a level word and says whether it is one.
func (p *Parser) setLevel(word []byte) bool {
	s, ok := levelOf(word)
	if !ok || p.found.severity != 0 {
		return ok
	}
	p.found.severity, p.found.level = s, p.names.get(word)
	return true
}

// setStatus sets the HTTP status when code is one: three digits, 100 to 599.
func (p *Parser) setStatus(code []byte) bool {
	if len(code) != 3 || code[0] < '1' || code[0] > '5' || !isDigit(code[1]) || !isDigit(code[2]) {
		return false
	}
	if p.found.status != 0 {
		return false
	}
	p.found.status = int(code[0]-'0')*100 + int(code[1]-'0')*10 + int(code[2]-'0')
	p.found.attrs.add(pipeline.FieldStatus, code)
	return true
}
