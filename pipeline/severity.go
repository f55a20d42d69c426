package pipeline

import "strings"

// Severity is an OpenTelemetry severity number: 1-4 trace, 5-8 debug, 9-12 info,
// 13-16 warn, 17-20 error, 21-24 fatal; 0 when the line tells none.
type Severity uint8

// The first number of each range.
const (
	SeverityNone  Severity = 0
	SeverityTrace Severity = 1
	SeverityDebug Severity = 5
	SeverityInfo  Severity = 9
	SeverityWarn  Severity = 13
	SeverityError Severity = 17
	SeverityFatal Severity = 21
)

// String returns the level's name in lower case: trace, debug, info, warn, error, fatal,
// or "" for none.
func (s Severity) String() string {
	switch {
	case s == 0 || s > 24:
		return ""
	case s < SeverityDebug:
		return "trace"
	case s < SeverityInfo:
		return "debug"
	case s < SeverityWarn:
		return "info"
	case s < SeverityError:
		return "warn"
	case s < SeverityFatal:
		return "error"
	}
	return "fatal"
}

// ParseSeverity reads a level word as programs spell it, in any case. ok is false when
// the word is no level. Numbers within a range (warn2, error3) follow OpenTelemetry's
// mapping of syslog: notice is info2 (10), critical is error2 (18), alert error3 (19).
func ParseSeverity(word string) (s Severity, ok bool) {
	switch strings.ToLower(word) {
	case "trace", "trc", "verbose", "finest", "finer":
		return SeverityTrace, true
	case "debug", "dbg", "debg", "fine", "config":
		return SeverityDebug, true
	case "info", "inf", "information", "informational":
		return SeverityInfo, true
	case "notice":
		return SeverityInfo + 1, true
	case "warn", "wrn", "warning":
		return SeverityWarn, true
	case "error", "err", "eror", "severe", "failure":
		return SeverityError, true
	case "crit", "critical":
		return SeverityError + 1, true
	case "alert":
		return SeverityError + 2, true
	case "fatal", "ftl", "panic", "emerg", "emergency", "dpanic":
		return SeverityFatal, true
	}
	return 0, false
}
