package api

import (
	"foghorn/pipeline/query"
)

// node translates the patterns. No pattern at all matches no line, as grep -f with an
// empty file.
func (g *Grep) node() (query.Node, error) {
	n, _, err := query.GrepPattern(query.GrepOptions{
		Fixed: g.Fixed, IgnoreCase: g.IgnoreCase, WordRegexp: g.Word, LineRegexp: g.Line,
	}, g.Patterns)
	if err != nil {
		return nil, err
	}
	if g.Invert {
		n = query.Not{Node: n}
	}
	return n, nil
}

func both(a, b query.Node) query.Node { return query.And{Nodes: []query.Node{a, b}} }
