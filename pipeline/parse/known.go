package parse

import (
	"bytes"

	"foghorn/pipeline"
)

// field takes a field that a JSON or logfmt line names. Names that programs commonly use
// for the time, the level, the service and so on fill the event; all others, and those
// whose value does not fit, become attributes under their own name. number says that the
// value is not quoted.
func (p *Parser) field(key, value []byte, number bool) {
	if len(key) == 0 || len(value) == 0 {
		return
	}
	if !p.known(key, value, number) {
		p.found.attrs.addFound(key, value)
	}
}

// known takes a field with a known name and returns true when it needs no attribute.
func (p *Parser) known(key, value []byte, number bool) bool {
	switch string(key) {
	case "time", "ts", "timestamp", "@timestamp", "Timestamp", "@t", "t", "datetime", "date",
		"asctime", "eventTime", "event.time", "time_local", "time_iso8601", "msec", "epoch",
		"timeMillis", "timeUnixNano", "__REALTIME_TIMESTAMP", "t.$date":
		return p.timeField(value)
	case "message", "msg", "Message", "MESSAGE", "@message", "@m":
		p.messageField(rankMessage, value)
	case "body", "Body", "short_message", "log", "textPayload", "RenderedMessage", "renderedMessage":
		p.messageField(rankBody, value)
	case "event", "text", "@mt", "MessageTemplate":
		p.messageField(rankEvent, value)
	case "level", "lvl", "severity", "log.level", "levelname", "loglevel", "log_level", "@level", "@l",
		"severity_text", "severityText", "SeverityText", "Level", "LEVEL", "Severity", "level_name", "levelName":
		return p.levelField(value, number)
	case "PRIORITY": // journald
		return p.levelField(value, true)
	case "severity_number", "SeverityNumber", "severityNumber":
		return p.severityNumber(value)
	case "service", "service.name", "service_name", "serviceName", "resource.service.name", "Resource.service.name",
		"resource.attributes.service.name":
		p.setService(rankService, value)
		return true
	case "app", "app_name", "appName", "application":
		p.setService(rankApp, value)
	case "name": // bunyan: the program; its level is a number and came or comes along
		p.setService(rankName, value)
	case "SYSLOG_IDENTIFIER":
		p.setService(rankProgram, value)
	case "host", "host.name", "hostname", "host_name", "_HOSTNAME":
		p.setHost(value)
	case "status", "http.response.status_code":
		return p.setStatus(value)
	case "status_code", "statusCode", "http_status", "http.status_code", "response_code", "res.statusCode", "http.status":
		p.setStatus(value)
	case "s": // MongoDB: a letter behind the time
		return p.found.hasTime && len(value) == 1 && p.setLetter(value[0])
	case "instant.epochSecond", "instant.nanoOfSecond": // log4j 2
		return p.instant(key, value)
	default:
		return p.traceField(key, value)
	}
	return false
}

// instant takes log4j 2's time, which is two fields, the seconds first.
func (p *Parser) instant(key, value []byte) bool {
	ns, ok := epoch(value)
	if string(key) == "instant.epochSecond" {
		if ok {
			p.found.setTime(ns)
		}
		return ok
	}
	if len(value) > 9 || !allDigits(value) || !p.found.hasTime {
		return false
	}
	p.found.time += int64(num(value, 0, len(value)))
	return true
}

// setLetter sets the severity by the letter that MongoDB and others use for a level.
func (p *Parser) setLetter(c byte) bool {
	var s pipeline.Severity
	switch c {
	case 'D':
		s = pipeline.SeverityDebug
	case 'I':
		s = pipeline.SeverityInfo
	case 'W':
		s = pipeline.SeverityWarn
	case 'E':
		s = pipeline.SeverityError
	case 'F':
		s = pipeline.SeverityFatal
	default:
		return false
	}
	if p.found.severity == 0 {
		p.found.severity, p.found.level = s, p.names.get([]byte{c})
	}
	return true
}

func (p *Parser) timeField(value []byte) bool {
	if p.found.hasTime {
		return false
	}
	ns, ok := p.clock.whole(value)
	if !ok && len(value) >= 9 {
		ns, ok = epoch(value)
	}
	if ok {
		p.found.setTime(ns)
	}
	return ok
}

// levelField takes a level: a word, bunyan's and pino's number (10 trace to 60 fatal), or
// GELF's syslog number (0 to 7).
func (p *Parser) levelField(value []byte, number bool) bool {
	if !number {
		word := bytes.TrimSpace(value)
		if p.found.severity == 0 {
			return p.setLevel(word)
		}
		if _, ok := levelOf(word); !ok || p.found.level != "" {
			return false
		}
		p.found.level = p.names.get(word) // its number came before
		return true
	}
	n := 0
	for _, c := range value {
		if !isDigit(c) || n > 60 {
			return false
		}
		n = n*10 + int(c-'0')
	}
	if p.found.severity != 0 || n > 60 {
		return false
	}
	if n < 8 {
		p.found.severity = syslogSeverity[n]
	} else if n < 10 {
		return false
	} else {
		p.found.severity = pipeline.Severity(n/10*4 - 3)
	}
	p.found.level = p.names.get(value)
	return true
}

func (p *Parser) severityNumber(value []byte) bool {
	if len(value) > 2 || !allDigits(value) {
		return false
	}
	n := num(value, 0, len(value))
	if n < 1 || n > 24 {
		return false
	}
	p.found.severity = pipeline.Severity(n)
	return true
}
