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
	sums, from, to := b.sums(q)
	out := List{From: time.Unix(from, 0).UTC(), To: time.Unix(to, 0).UTC(), Rows: []Row{}}
	if to == 0 {
		out.From, out.To = q.From.UTC(), q.To.UTC()
	}
	b.rowsOf(sums, q, &out)
	slices.SortFunc(out.Rows, func(x, y Row) int { return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.ID, y.ID)) })
	return out
}

// rowsOf makes the rows of a list.
func (b *Board) rowsOf(sums map[string]*sum, q Query, out *List) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.view()
	totals := make(map[string]*sum, len(sums))
	for id, s := range sums {
		final := v.final(id)
		if t := totals[final]; t != nil {
			t.join(s)
		} else {
			totals[final] = s
		}
	}
	for id, total := range totals {
		row := v.row(id)
		if row.Text == "" {
			out.Others += total.Lines
			continue
		}
		if row.Muted && !q.Muted || row.FirstSeen.Before(q.New) {
			continue
		}
		row.Count, row.LastSeen = total.Lines, time.UnixMilli(total.Last).UTC()
		row.Services = slices.Sorted(slices.Values(total.services))
		out.Rows = append(out.Rows, v.finish(row))
	}
}

// view is what follows from the templates and the decisions about them. It is kept until
// one of them changes.
type view struct {
	board   *Board
	finals  map[string]string      // by id: that of the template as whose lines its lines count
	origins map[string]splitOrigin // by the id of a split
	members map[string][]string    // ids by final id
	splits  map[string][]string    // ids of splits by the id of the template that they are of
}

type splitOrigin struct{ of, text string }

func (b *Board) view() *view {
	if b.seen == nil {
		b.seen = b.look()
	}
	return b.seen
}

func (b *Board) look() *view {
	v := &view{
		board: b, finals: make(map[string]string), origins: make(map[string]splitOrigin),
		members: make(map[string][]string), splits: make(map[string][]string),
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
		final := v.final(id)
		v.finals[id] = final
		v.members[final] = append(v.members[final], id)
	}
	return v
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
		} else if t, ok := v.board.ids.known().Lookup(to); ok && t.ID != to {
			to = t.ID
		} else {
			break
		}
	}
	return to
}

// row returns what is known of a template beside its counts.
func (v *view) row(id string) Row {
	row := Row{ID: id}
	if t, ok := v.board.ids.known().Lookup(id); ok {
		row.Text = t.Text
	} else if o, ok := v.origins[id]; ok {
		row.Text = o.text
	}
	if c, ok := v.curation(id); ok {
		row.Name, row.Muted = c.Name, c.Muted
	}
	first := func(id string) {
		h := v.board.templates[id]
		if h == nil {
			return
		}
		if t := &h.value; row.FirstSeen.IsZero() || t.first.Before(row.FirstSeen) || t.first.Equal(row.FirstSeen) && t.sample < row.Sample {
			row.FirstSeen, row.Sample = t.first, t.sample
		}
	}
	first(id)
	for _, member := range v.members[id] {
		first(member)
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

func (v *view) finish(out Row) Row {
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
	if _, ok := b.ids.known().Lookup(final); !ok && !split {
		return Row{}, false
	}
	return v.finish(v.row(final)), true
}
