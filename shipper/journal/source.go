package journal

import (
	"sort"
	"strconv"
	"strings"

	"foghorn/pipeline"
	"foghorn/pipeline/parse"
)

// sources makes the lines of entries. It is used by one goroutine.
type sources struct {
	cfg   *Config
	known map[string]string // host, NUL and service, to the source
}

// SharedService is the path's end of the source of services beyond Config.MaxSources.
const SharedService = "(other)"

// source returns the id of an entry's source.
func (s *sources) source(host, service string) string {
	key := host + "\x00" + service
	if id, ok := s.known[key]; ok {
		return id
	}
	if len(s.known) >= s.cfg.MaxSources {
		return pipeline.SourceID(s.cfg.Host, "/journal/"+SharedService)
	}
	id := pipeline.SourceID(host, "/journal/"+service)
	s.known[key] = id
	return id
}

// line makes the line of an entry. raw is as entry.raw made it.
func (s *sources) line(e *entry, raw []byte) pipeline.Line {
	host := strings.ReplaceAll(e.host, ":", "-")
	if host == "" {
		host = s.cfg.Host
	}
	l := pipeline.Line{Raw: raw}
	service := e.service()
	l.ID.Source = s.source(host, service)
	if s.cfg.Redact != nil {
		l.Raw = s.cfg.Redact(l.Raw)
	}
	if len(l.Raw) > s.cfg.LineLimit {
		l.Raw, l.Truncated = l.Raw[:s.cfg.LineLimit], true
	}
	add := func(key, value string) {
		if value != "" {
			l.Labels = append(l.Labels, pipeline.Attr{Key: key, Value: value})
		}
	}
	l.Labels = make([]pipeline.Attr, 0, 8+len(s.cfg.Labels))
	for key, value := range s.cfg.Labels {
		add(key, value)
	}
	if _, ok := s.cfg.Labels["service"]; !ok {
		add("service", service)
	}
	add("systemd.unit", e.unit)
	add("container.name", e.container.name)
	add("container.id", e.container.id)
	add("container.image.name", e.container.image)
	if !e.time.IsZero() {
		add(parse.GivenTime, strconv.FormatInt(e.time.UnixNano(), 10))
	}
	if e.severity > 0 {
		add(parse.GivenSeverity, strconv.Itoa(int(e.severity)))
	}
	sort.SliceStable(l.Labels, func(i, j int) bool { return l.Labels[i].Key < l.Labels[j].Key })
	return l
}
