package client

import "foghorn/pipeline/query"

// finder returns how the matches within a line are found, for -o and colours; it is also
// the check of the patterns before the server is asked.
func (r *grepRun) finder() (*query.Finder, error) {
	return query.NewFinder(query.Grep{
		Options:  query.GrepOptions{Fixed: r.Fixed, IgnoreCase: r.IgnoreCase, WordRegexp: r.Word, LineRegexp: r.Line},
		Patterns: r.Patterns,
	})
}
