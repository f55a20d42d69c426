package window

import (
	"slices"
	"sort"
	"time"

	"foghorn/pipeline"
	"foghorn/pipeline/query"
	"foghorn/rules"
)

// anomaly renders the episode's present state.
func (ep *episode) anomaly(g *group, state pipeline.AnomalyState) pipeline.Anomaly {
	r := g.rule
	a := pipeline.Anomaly{
		ID: ep.id, Seq: ep.seq, State: state,
		Rule: r.ID, Kind: string(r.Kind), Title: r.Title, Severity: r.Severity, Group: g.values,
		Threshold: r.Threshold, Value: float64(ep.value),
		Started: nanos(ep.start), FirstSeen: nanos(ep.first), LastSeen: nanos(ep.last),
		Count: ep.count, Samples: append([]pipeline.Sample{}, ep.samples...),
		Templates: slices.Clone(ep.templates), Hosts: append([]string{}, ep.hosts...), Services: slices.Clone(ep.services),
		ErrorClass: ep.class, Coverage: nanos(max(g.watermark, 0)),
	}
	if r.Window > 0 {
		a.Window = short(r.Window)
	}
	if ep.seq > 1 {
		a.Suppressed = max(0, ep.count-ep.toldCount)
	}
	if state == pipeline.AnomalyResolved {
		at := nanos(ep.falseAt)
		a.ResolvedAt = &at
	}
	a.Query = reproduce(r, g.values, a.FirstSeen, a.LastSeen)
	annotate(r, &a)
	return a
}

// annotate fills the rule's annotations in. One that cannot be filled says why: the
// anomaly itself must go out.
func annotate(r *rules.Rule, a *pipeline.Anomaly) {
	a.Summary = a.Title
	data := rules.AnnotationData{
		Rule: a.Rule, Title: a.Title, Severity: a.Severity, Count: a.Count, Value: a.Value,
		Window: a.Window, Threshold: a.Threshold, Group: a.Group, Hosts: a.Hosts, Services: a.Services,
		Started: a.Started, FirstSeen: a.FirstSeen, LastSeen: a.LastSeen,
	}
	if len(a.Samples) > 0 {
		data.Line = a.Samples[0].Line
	}
	for i := range r.Annotations {
		text, err := r.Annotations[i].Render(&data)
		if err != nil {
			text += " (" + err.Error() + ")"
		}
		if a.Annotations == nil {
			a.Annotations = make(map[string]string, len(r.Annotations))
		}
		a.Annotations[r.Annotations[i].Name] = text
		if r.Annotations[i].Name == "summary" {
			a.Summary = text
		}
	}
}

// reproduce returns the query that finds the lines of an episode: the rule's own, the
// group's values, and the time from first to last. A value that the rule extracts from
// the line is looked for as text.
func reproduce(r *rules.Rule, group map[string]string, first, last time.Time) string {
	nodes := []query.Node{r.Match}
	if and, ok := r.Match.(query.And); ok {
		nodes = slices.Clone(and.Nodes)
	}
	if _, ok := r.Match.(query.All); ok {
		nodes = nil
	}
	names := make([]string, 0, len(group))
	for n := range group {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		extracted := slices.ContainsFunc(r.Extract, func(x rules.Extract) bool { return slices.Contains(x.Names, n) })
		switch v := group[n]; {
		case v == "" && !extracted:
			nodes = append(nodes, query.Not{Node: query.Exists{Name: n}})
		case v == "":
		case extracted:
			nodes = append(nodes, query.Exact{Text: v})
		default:
			nodes = append(nodes, query.Field{Name: n, Op: query.Equal, Value: v})
		}
	}
	nodes = append(nodes, query.Field{
		Name: "timestamp", Op: query.Between, LowInclude: true, HighInclude: true,
		Low: first.Format(time.RFC3339Nano), High: last.Format(time.RFC3339Nano),
	})
	if len(nodes) == 1 {
		return nodes[0].String()
	}
	return query.And{Nodes: nodes}.String()
}

// short renders a duration without zero parts at its end: "1m", not "1m0s".
func short(d time.Duration) string {
	s := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if n := len(s) - len(zero); n > 0 && s[n:] == zero {
			s = s[:n+1]
		}
	}
	return s
}
