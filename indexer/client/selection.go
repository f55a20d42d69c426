package client

import (
	"fmt"
	"regexp"
	"strings"

	"foghorn/indexer/search"
	"foghorn/pipeline/query"
)

// selection is which sources a command line names, and what they are called: their paths
// when all are of one host, else host:path.
type selection struct {
	hosts, paths []*regexp.Regexp
	// where restricts a search to the chosen sources; nil when all are chosen.
	where query.Node
	// names are the chosen sources, others those that are not; absent the paths and hosts
	// that name none.
	names    map[string]bool
	others   map[string]bool
	absent   []string
	withHost bool
}

func choose(sources []search.SourceCoverage, hosts, paths []string) (*selection, error) {
	s := &selection{names: map[string]bool{}, others: map[string]bool{}}
	var err error
	var all []query.Node
	add := func(name string, globs []string, widen func(string) string) (res []*regexp.Regexp) {
		var nodes []query.Node
		for _, g := range globs {
			re, node, e := globField(name, g, widen(g))
			if e != nil {
				err = e
				return nil
			}
			res, nodes = append(res, re), append(nodes, node)
		}
		if len(nodes) > 0 {
			all = append(all, anyOf(nodes))
		}
		return res
	}
	s.hosts = add("host", hosts, func(h string) string { return h })
	s.paths = add("path", paths, pathGlob)
	if err != nil {
		return nil, err
	}
	switch len(all) {
	case 1:
		s.where = all[0]
	case 2:
		s.where = query.And{Nodes: all}
	}
	firstHost := ""
	usedHosts, usedPaths := make([]bool, len(hosts)), make([]bool, len(paths))
	for _, src := range sources {
		// Every glob is tried, so that each that names something counts as used.
		onHost, onPath := len(hosts) == 0, len(paths) == 0
		// A log of foreign producers holds lines of any host; the search tells them apart.
		foreign := src.Path == src.Source
		for i, re := range s.hosts {
			if foreign || re.MatchString(src.Host) {
				onHost, usedHosts[i] = true, true
			}
		}
		for i, re := range s.paths {
			if onHost && re.MatchString(src.Path) {
				onPath, usedPaths[i] = true, true
			}
		}
		if !onHost || !onPath {
			s.others[src.Source] = true
			continue
		}
		if len(s.names) == 0 {
			firstHost = src.Host
		}
		s.withHost = s.withHost || src.Host != firstHost
		s.names[src.Source] = true
	}
	for i, used := range usedHosts {
		if !used {
			s.absent = append(s.absent, hosts[i])
		}
	}
	for i, used := range usedPaths {
		if !used {
			s.absent = append(s.absent, paths[i])
		}
	}
	return s, nil
}

// has says whether a result's source is chosen, also one that came up after the choice.
func (s *selection) has(h *Hit) bool {
	return s.names[h.Source] || matchAny(s.hosts, h.Host) && matchAny(s.paths, h.Path)
}

// coverage is c without the gaps in sources that are not chosen.
func (s *selection) coverage(c search.Coverage) search.Coverage {
	var gaps []search.Gap
	for _, g := range c.Gaps {
		if !s.others[g.Source] {
			gaps = append(gaps, g)
		}
	}
	c.Gaps = gaps
	return c
}

// label is the name that is printed for a source.
func (s *selection) label(h *Hit) string {
	switch {
	case h.Path == "":
		return h.Source
	case s.withHost && h.Host != "":
		return h.Host + ":" + h.Path
	}
	return h.Path
}

func matchAny(of []*regexp.Regexp, text string) bool {
	for _, re := range of {
		if re.MatchString(text) {
			return true
		}
	}
	return len(of) == 0
}

// pathGlob lets a path that starts with no slash name the end of a path: app.log is
// */app.log too.
func pathGlob(p string) string {
	if strings.HasPrefix(p, "/") || strings.HasPrefix(p, "*") {
		return p
	}
	return "*/" + p
}

// globField returns a regular expression of the field's values that fit glob, in which
// '*' is any text, slashes included, and '?' one character, and the query node with the
// same meaning. typed is the glob before pathGlob; it fits too.
func globField(name, typed, glob string) (*regexp.Regexp, query.Node, error) {
	source := globSource(glob)
	if typed != glob {
		source += "|" + globSource(typed)
	}
	source = `^(?s:` + source + `)$`
	re, err := regexp.Compile(source)
	if err != nil {
		return nil, nil, fmt.Errorf("--%s: %q cannot be used: %w", name, typed, err)
	}
	exact := query.Field{Name: name, Op: query.Matches, Value: source, RE: re}
	if glob == typed && !strings.ContainsAny(glob, "*?") {
		// The index knows values, any case; the expression makes the case count.
		return re, query.And{Nodes: []query.Node{query.Field{Name: name, Op: query.Equal, Value: glob}, exact}}, nil
	}
	return re, exact, nil
}

func globSource(glob string) string {
	quoted := regexp.QuoteMeta(glob)
	return strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(quoted)
}

func anyOf(nodes []query.Node) query.Node {
	if len(nodes) == 1 {
		return nodes[0]
	}
	return query.Or{Nodes: nodes}
}

// conjunction adds a node to a query's text.
func conjunction(where string, n query.Node) string {
	if where == "" {
		return n.String()
	}
	return "(" + where + ") AND (" + n.String() + ")"
}
