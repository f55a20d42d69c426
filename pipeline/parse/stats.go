package parse

import "github.com/prometheus/client_golang/prometheus"

// Stats are the counters of stage 1, shared by all partitions of a process.
type Stats struct {
	lines, bytes, duplicates, tombstones, cut, dead, fields, misfits prometheus.Counter
	formats                                                          [formatCount]prometheus.Counter
	byFormat                                                         *prometheus.CounterVec // of described formats
}

// counts are what one batch adds to Stats.
type counts struct {
	lines, bytes, duplicates, tombstones, cut, dead, fields, misfits int
	formats                                                          [formatCount]int
	described                                                        map[string]int // lines by the name of a described format
}

// format counts the format of the line that a parser has read last.
func (c *counts) format(p *Parser) {
	f := p.custom.chosen
	if f == nil {
		c.formats[p.outer.last]++
		return
	}
	if c.described == nil {
		c.described = make(map[string]int)
	}
	c.described[f.Name]++
}

// NewStats registers the counters with reg.
func NewStats(reg prometheus.Registerer) (*Stats, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "foghorn", Subsystem: "parse", Name: name, Help: help})
	}
	s := &Stats{
		lines:      counter("lines_total", "Lines parsed."),
		bytes:      counter("bytes_total", "Bytes of the lines parsed."),
		duplicates: counter("duplicate_lines_total", "Lines that came a second time and were dropped."),
		tombstones: counter("tombstones_total", "Records without a value, which were skipped."),
		cut:        counter("cut_lines_total", "Lines of foreign producers that were cut at the limit."),
		dead:       counter("dead_letters_total", "Records written to logs.deadletter."),
		fields:     counter("fields_dropped_total", "Fields left out of events, or cut, because of the limits."),
		misfits:    counter("format_misfits_total", "Lines that are not of the format that their source is set to have; read as text."),
	}
	byFormat := prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "foghorn", Subsystem: "parse", Name: "lines_by_format_total", Help: "Lines parsed, by the format found.",
	}, []string{"format"})
	s.byFormat = byFormat
	for i := range formats {
		s.formats[i] = byFormat.WithLabelValues(formats[i].name)
	}
	for _, c := range []prometheus.Collector{s.lines, s.bytes, s.duplicates, s.tombstones, s.cut, s.dead, s.fields, s.misfits, byFormat} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// add adds a batch's counts. A nil Stats counts nothing.
func (s *Stats) add(c *counts) {
	if s == nil {
		return
	}
	s.lines.Add(float64(c.lines))
	s.bytes.Add(float64(c.bytes))
	s.duplicates.Add(float64(c.duplicates))
	s.tombstones.Add(float64(c.tombstones))
	s.cut.Add(float64(c.cut))
	s.dead.Add(float64(c.dead))
	s.fields.Add(float64(c.fields))
	s.misfits.Add(float64(c.misfits))
	for i, n := range c.formats {
		if n > 0 {
			s.formats[i].Add(float64(n))
		}
	}
	for name, n := range c.described {
		s.byFormat.WithLabelValues(name).Add(float64(n))
	}
}
