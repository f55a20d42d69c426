package api

import (
	"slices"

	"foghorn/pipeline/query"
)

// node translates the patterns. No pattern at all matches no line, as grep -f with an
// empty file.
func (g *Grep) node() (query.Node, error) {
	patterns := slices.Clone(g.Patterns)
	for _, p := range g.Bytes {
		patterns = append(patterns, string(p))
	}
	n, _, err := query.GrepPattern(query.GrepOptions{
		Fixed: g.Fixed, IgnoreCase: g.IgnoreCase, WordRegexp: g.Word, LineRegexp: g.Line,
	}, patterns)
	if err != nil {
		return nil, err
	}
	if g.Invert {
		n = query.Not{Node: n}
	}
	return n, nil
}

func both(a, b query.Node) query.Node { return query.And{Nodes: []query.Node{a, b}} }
