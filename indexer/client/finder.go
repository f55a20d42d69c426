package client

import "foghorn/pipeline/query"

// finder returns how the matches within a line are found, for -o and colours; it is also
// the check of the patterns before the server is asked.
func (r *grepRun) finder() (func(line []byte, yield func(start, end int)), error) {
	_, re, err := query.GrepPattern(query.GrepOptions{
		Fixed: r.Fixed, IgnoreCase: r.IgnoreCase, WordRegexp: r.Word, LineRegexp: r.Line,
	}, r.Patterns)
	if err != nil {
		return nil, err
	}
	return func(line []byte, yield func(start, end int)) {
		for _, m := range re.FindAllIndex(line, -1) {
			if m[0] < m[1] {
				yield(m[0], m[1])
			}
		}
	}, nil
}
