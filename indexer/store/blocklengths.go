package store

// length returns how long the line of a row is, and measures all of its pattern.
func (l *blockLines) length(row int) (int64, error) {
	at := l.places.Load()
	if l.plain {
		return int64(at.ends[row] - at.starts[row]), nil
	}
	p := &l.patterns[at.of[row]]
	if p.lines.Load() != nil {
		return int64(at.ends[row] - at.starts[row]), nil
	}
	if !p.measured {
		if err := l.measure(p, at.order[p.first:p.first+p.rows]); err != nil {
			return 0, err
		}
	}
	return int64(l.lengths[row]), nil
}

// measure finds out how long the lines of a pattern are without putting them together.
func (l *blockLines) measure(p *patternReader, rows []uint32) error {
	s, err := l.sections(p)
	if err != nil {
		return err
	}
	if l.lengths == nil {
		l.lengths = make([]uint32, l.n)
	}
	same := uint32(len(p.text) - p.slots)
	for _, row := range rows {
		l.lengths[row] = 0
	}
	for range p.slots {
		c := s.column(p.rows)
		if n := c.alike(); n >= 0 {
			same += uint32(n)
			continue
		}
		for _, row := range rows {
			l.lengths[row] += uint32(c.skip(s))
		}
	}
	for _, row := range rows {
		l.lengths[row] += same
	}
	p.measured = true
	return s.err()
}
