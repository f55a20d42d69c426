package catalog

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// Query says which templates are wanted, and over which time their lines are counted.
type Query struct {
	// Service, unless empty, leaves out lines of other services.
	Service string
	// From and To bound the event time of the lines counted: from From (zero: since
	// counts are kept) to before To (zero: all). They are widened to whole spans, see
	// List.From.
	From, To time.Time
	// New, unless zero, leaves out templates first seen before it.
	New time.Time
	// Muted takes muted templates too.
	Muted bool
}

// Row is one template in a list.
type Row struct {
	ID   string `json:"id"`
	Text string `json:"template"`
	// Name is what people call it, or empty.
	Name  string `json:"name,omitempty"`
	Muted bool   `json:"muted,omitempty"`
	// Count is the number of lines in the time asked for.
	Count int64 `json:"count"`
	// FirstSeen and LastSeen are event times; LastSeen is that of the time asked for.
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
	Sample    string    `json:"sample,omitempty"`
	// Services are those of the lines counted, sorted.
	Services []string `json:"services,omitempty"`
	// IDs are all ids that lines of the template have had, its own included; Query finds
	// the lines.
	IDs   []string `json:"ids"`
	Query string   `json:"query"`
	// Splits are the ids of the templates that people have split off.
	Splits []string `json:"splits,omitempty"`
}

// List is the answer to a Query: the most frequent template first, then by id.
type List struct {
	// From and To are the time that is counted: whole spans.
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	Rows []Row     `json:"templates"`
	// Others are the lines of templates that are not known any more, or of which there
	// are too many, and empty lines.
	Others int64 `json:"others,omitempty"`
}

// List returns the templates that have lines in the time asked for.
func (b *Board) List(q Query) List {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.view()
	for s, c := range b.counts {
		s.seconds = max(s.seconds, c.Until)
		if s.end() <= q.From.Unix() && !q.From.IsZero() || !q.To.IsZero() && s.start >= q.To.Unix() {
			continue
		}
		v.cover(s)
		for service, tallies := range c.Services {
			if q.Service != "" && service != q.Service {
				continue
			}
			for id, t := range tallies {
				v.add(id, service, t)
			}
		}
	}
	out := List{From: time.Unix(v.from, 0).UTC(), To: time.Unix(v.to, 0).UTC(), Rows: []Row{}}
	if v.to == 0 {
		out.From, out.To = q.From.UTC(), q.To.UTC()
	}
	for _, row := range v.rows {
		if row.Text == "" {
			out.Others += row.Count
			continue
		}
		if row.Muted && !q.Muted || row.FirstSeen.Before(q.New) {
			continue
		}
		out.Rows = append(out.Rows, v.finish(row))
	}
	slices.SortFunc(out.Rows, func(x, y Row) int { return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.ID, y.ID)) })
	return out
}

// view is a list in the making.
type view struct {
	board    *Board
	rows     map[string]*counted
	finals   map[string]string      // by id: that of the template as whose lines its lines count
	origins  map[string]splitOrigin // by the id of a split
	members  map[string][]string    // ids by final id
	splits   map[string][]string    // ids of splits by the id of the template that they are of
	from, to int64
}

type counted struct {
	Row
	services map[string]bool
}

type splitOrigin struct{ of, text string }

func (b *Board) view() *view {
	v := &view{
		board: b, rows: make(map[string]*counted), finals: make(map[string]string),
		origins: make(map[string]splitOrigin), members: make(map[string][]string), splits: make(map[string][]string),
	}
	for id, c := range b.curations {
		for _, text := range c.value.Splits {
			split := SplitID(id, text)
			v.origins[split] = splitOrigin{id, text}
			v.splits[v.final(id)] = append(v.splits[v.final(id)], split)
		}
	}
	ids := slices.Concat(slices.Collect(maps.Keys(b.templates)), slices.Collect(maps.Keys(v.origins)))
	for _, id := range ids {
		v.members[v.final(id)] = append(v.members[v.final(id)], id)
	}
	return v
}

func (v *view) cover(s span) {
	if v.to == 0 || s.start < v.from {
		v.from = s.start
	}
	v.to = max(v.to, s.end())
}

// maxHops bounds how often a template may have been merged on.
const maxHops = 16

// final returns the id of the template as whose lines those with id count.
func (v *view) final(id string) string {
	if to, ok := v.finals[id]; ok {
		return to
	}
	to := id
	for range maxHops {
		if c := v.board.curations[to]; c != nil && c.value.MergedInto != "" {
			to = c.value.MergedInto
		} else if t, ok := v.board.miner.Lookup(to); ok && t.ID != to {
			to = t.ID
		} else {
			break
		}
	}
	v.finals[id] = to
	return to
}

func (v *view) add(id, service string, t Tally) {
	final := v.final(id)
	row := v.rows[final]
	if row == nil {
		row = v.row(final)
		v.rows[final] = row
	}
	row.Count += t.Lines
	if at := time.UnixMilli(t.Last).UTC(); at.After(row.LastSeen) {
		row.LastSeen = at
	}
	if service != "" {
		row.services[service] = true
	}
}

// row returns what is known of a template beside its counts.
func (v *view) row(id string) *counted {
	row := &counted{Row: Row{ID: id}, services: make(map[string]bool)}
	if t, ok := v.board.miner.Lookup(id); ok {
		row.Text = t.Text
	} else if o, ok := v.origins[id]; ok {
		row.Text = o.text
	}
	if c, ok := v.curation(id); ok {
		row.Name, row.Muted = c.Name, c.Muted
	}
	for _, member := range append([]string{id}, v.members[id]...) {
		h := v.board.templates[member]
		if h == nil {
			continue
		}
		if t := &h.value; row.FirstSeen.IsZero() || t.FirstSeen.Before(row.FirstSeen) || t.FirstSeen.Equal(row.FirstSeen) && t.Sample < row.Sample {
			row.FirstSeen, row.Sample = h.value.FirstSeen, h.value.Sample
		}
	}
	return row
}

// curation returns what was decided about a template: its own Curation, else the newest of
// those of templates that have become part of it.
func (v *view) curation(id string) (out Curation, ok bool) {
	if h := v.board.curations[id]; h != nil {
		return h.value, true
	}
	for _, member := range v.members[id] {
		if h := v.board.curations[member]; h != nil && h.value.MergedInto == "" && (!ok || h.value.Changed.After(out.Changed)) {
			out, ok = h.value, true
		}
	}
	return out, ok
}

func (v *view) finish(row *counted) Row {
	out := row.Row
	out.Services = slices.Sorted(maps.Keys(row.services))
	out.IDs = slices.Compact(slices.Sorted(slices.Values(append([]string{out.ID}, v.members[out.ID]...))))
	terms := make([]string, len(out.IDs))
	for i, id := range out.IDs {
		terms[i] = "template:" + id
	}
	out.Query = strings.Join(terms, " OR ")
	out.Splits = slices.Sorted(slices.Values(v.splits[out.ID]))
	if out.FirstSeen.IsZero() {
		out.FirstSeen = out.LastSeen
	}
	return out
}

// Get returns one template by any id that its lines have had, without counts.
func (b *Board) Get(id string) (Row, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.view()
	final := v.final(id)
	_, split := v.origins[final]
	if _, ok := b.miner.Lookup(final); !ok && !split {
		return Row{}, false
	}
	return v.finish(v.row(final)), true
}
