package store

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

const day = 24 * time.Hour

// rule is a KeepRule for tests.
func rule(t testing.TB, text string, age time.Duration) KeepRule {
	t.Helper()
	n, err := query.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return KeepRule{n, age}
}

// diary is a store that is filled day by day, and what it should hold.
type diary struct {
	t      testing.TB
	cfg    Config
	deps   Deps
	now    time.Time
	store  *Store
	feed   *feeder
	random *rand.Rand
	days   []time.Time
	events [][]pipeline.Event // by day
	seqs   map[string]int64   // source and offset: place in the source
	nextSq map[string]int64
	gone   []Removed
}

func newDiary(t testing.TB, seed uint64, fs FS) *diary {
	d := &diary{t: t, now: epoch, feed: newFeeder(), random: rand.New(rand.NewPCG(seed, 7)), seqs: make(map[string]int64), nextSq: make(map[string]int64)}
	d.cfg = testConfig(t.TempDir())
	d.deps = Deps{FS: fs, Now: func() time.Time { return d.now }, Removed: func(r Removed) { d.gone = append(d.gone, r) }}
	d.store = mustOpen(t, d.cfg, d.deps)
	return d
}

// reopen closes the store and opens it again.
func (d *diary) reopen() {
	d.t.Helper()
	if err := d.store.Close(); err != nil {
		d.t.Fatal(err)
	}
	d.cfg.Retention = Retention{} // it is set again
	d.store = mustOpen(d.t, d.cfg, d.deps)
}

// write fills a day with about n lines, some in events of several lines, and seals them in
// several segments.
func (d *diary) write(n int) {
	d.t.Helper()
	var all []pipeline.Event
	for len(all) < n {
		source := fmt.Sprintf("s%d", d.random.IntN(4))
		r := d.feed.record(source, uint64(1+len(d.days)/2), 1+d.random.IntN(40))
		shift := d.now.Sub(epoch).Nanoseconds()
		for i := range r {
			r[i].Timestamp += shift
			r[i].Observed += shift
			r[i].Severity = pipeline.Severity(5 + 4*d.random.IntN(4))
			key := fmt.Sprint(source, "/", r[i].ID.Generation, "/", r[i].ID.Offset)
			d.seqs[key] = d.nextSq[source]
			d.nextSq[source]++
		}
		r = join(r, 1+d.random.IntN(3)*d.random.IntN(3))
		if _, err := d.store.Append(d.t.Context(), 0, d.feed.next, r); err != nil {
			d.t.Fatal(err)
		}
		all = append(all, r...)
		if d.store.sealing != nil || d.random.IntN(4) == 0 {
			if err := d.store.Seal(); err != nil {
				d.t.Fatal(err)
			}
		}
	}
	if err := d.store.Seal(); err != nil {
		d.t.Fatal(err)
	}
	d.days, d.events = append(d.days, d.now), append(d.events, all)
}

// left are the lines that should be there: of each day those that keep, a list of queries
// each of which must match, says.
func (d *diary) left(keep func(day int) []query.Node) map[string][]string {
	out := make(map[string][]string)
	for i, events := range d.events {
		for _, e := range events {
			if slices.ContainsFunc(keep(i), func(n query.Node) bool { return !query.Compile(n).Match(&e) }) {
				continue
			}
			out[e.ID.Source] = append(out[e.ID.Source], linesOf(rowsOf([]pipeline.Event{e}))...)
		}
	}
	return out
}

// check compares the store with what should be left, and every line's place with the one it
// was given.
func (d *diary) check(where string, want map[string][]string) {
	d.t.Helper()
	if diff := cmp.Diff(want, contents(d.t, d.store)); diff != "" {
		d.t.Fatalf("%s: (-want +have)\n%.3000s", where, diff)
	}
	lines := make(map[string]int64)
	for _, p := range d.store.View().Parts {
		for _, r := range p.Runs() {
			lines[r.Source] += int64(r.Rows)
			for i := range r.Rows {
				b := p.BlockOf(r.FirstRow + i)
				first, _ := p.Rows(b)
				blk, err := p.Read(b, false)
				if err != nil {
					d.t.Fatal(err)
				}
				var e pipeline.Event
				blk.Event(r.FirstRow+i-first, &e)
				if want, have := d.seqs[fmt.Sprint(r.Source, "/", r.Generation, "/", e.ID.Offset)], r.Seq(i); want != have {
					d.t.Fatalf("%s: line at %d of %s has place %d, want %d", where, e.ID.Offset, r.Source, have, want)
				}
				if at, ok := r.Find(r.Seq(i)); at != i || !ok {
					d.t.Fatalf("%s: line %d of a run is found at %d, %t", where, i, at, ok)
				}
			}
		}
	}
	var have int64
	for _, s := range d.store.Sources() {
		if s.Lines != lines[s.ID] {
			d.t.Errorf("%s: source %s has %d lines, want %d", where, s.ID, s.Lines, lines[s.ID])
		}
		have += s.Lines
	}
	if st := d.store.Stats(); st.Lines != have {
		d.t.Errorf("%s: %d lines in all, want %d", where, st.Lines, have)
	}
	if g := d.store.Gaps(); len(g) > 0 {
		d.t.Errorf("%s: gaps %v", where, g)
	}
	if have, want := d.store.Offsets()[0], d.feed.next; have != want {
		d.t.Errorf("%s: offset %d, want %d", where, have, want)
	}
	if n := len(d.store.Damaged()); n > 0 {
		d.t.Errorf("%s: damage %v", where, d.store.Damaged())
	}
}

// retain applies retention with some rules, as after a reload of the configuration.
func (d *diary) retain(age time.Duration, rules ...KeepRule) {
	d.t.Helper()
	if err := d.store.SetRetention(Retention{RetainAge: age, RetainKeep: rules}); err != nil {
		d.t.Fatal(err)
	}
	if err := d.store.Retain(); err != nil {
		d.t.Fatal(err)
	}
}

var ruleTexts = []string{
	"level:>=error", "status:201", "user3", `"status 202"`, "source:s1 AND level:>=warn", "/user[12] .*status=20[02]/",
	"NOT status:200", "'id=1'", "nothinglikeit", "user1 AND user2", "*",
}

// TestLinesThatARuleKeepsOutliveTheRest: what is left is what the query language says, for
// random lines and rules of several ages, over restarts and merges; every line has the
// offset and the place that it had, and none comes again.
func TestLinesThatARuleKeepsOutliveTheRest(t *testing.T) {
	for seed := range uint64(5) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			d := newDiary(t, seed, nil)
			const age = 2 * day
			rules := make([]KeepRule, 1+d.random.IntN(3))
			for i := range rules {
				rules[i] = rule(t, ruleTexts[d.random.IntN(len(ruleTexts))], time.Duration(3+d.random.IntN(4))*day)
			}
			for range 9 {
				d.write(60 + d.random.IntN(200))
				switch d.random.IntN(4) {
				case 0:
					d.reopen()
				case 1:
					if err := d.store.Merge(); err != nil {
						t.Fatal(err)
					}
				}
				d.retain(age, rules...)
				want := d.left(func(i int) []query.Node {
					ended := dayEnd(d.days[i])
					if d.now.Sub(ended) < age {
						return nil
					}
					var some query.Or
					for _, r := range rules {
						if d.now.Sub(ended) < r.Age {
							some.Nodes = append(some.Nodes, r.Query)
						}
					}
					return []query.Node{some}
				})
				d.check(fmt.Sprintf("day %d, rules %v", len(d.days), rules), want)
				if d.random.IntN(3) == 0 {
					if err := d.store.Merge(); err != nil {
						t.Fatal(err)
					}
					d.check("merged", want)
				}
				d.reopen()
				d.check("opened again", want)
				d.now = d.now.Add(day)
			}
			var again int64
			for _, events := range d.events {
				a, err := d.store.Append(t.Context(), 0, d.feed.next, events)
				if err != nil {
					t.Fatal(err)
				}
				if again += a.Duplicates; a.Lines != 0 || len(a.Gaps) > 0 {
					t.Fatalf("lines that were thinned out were taken again: %+v", a)
				}
			}
			if again == 0 {
				t.Error("nothing was offered again")
			}
			if err := d.store.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func dayEnd(now time.Time) time.Time { return now.Truncate(day).Add(day) }

// TestChangedRulesTakeEffectAtTheNextCheck: of a day that was thinned before, what the new
// rules do not keep goes as well; what is gone does not come back, and is told.
func TestChangedRulesTakeEffectAtTheNextCheck(t *testing.T) {
	d := newDiary(t, 3, nil)
	d.write(300)
	d.now = d.now.Add(4 * day)
	one, two := rule(t, "level:>=warn", 90*day), rule(t, "user3", 30*day)
	all := d.store.Stats().Lines
	for _, step := range []struct {
		name  string
		rules []KeepRule
		keep  []query.Node
		text  string
	}{
		{"first", []KeepRule{one, two}, []query.Node{query.Or{Nodes: []query.Node{one.Query, two.Query}}}, "level:>=warn OR user3"},
		{"the same in another order, with other ages", []KeepRule{rule(t, "user3", 20*day), rule(t, "level:>=warn", 0)}, []query.Node{query.Or{Nodes: []query.Node{one.Query, two.Query}}}, "level:>=warn OR user3"},
		{"fewer", []KeepRule{one}, []query.Node{one.Query}, "level:>=warn"},
		{"more again", []KeepRule{one, two}, []query.Node{one.Query}, "level:>=warn"},
		{"others", []KeepRule{two}, []query.Node{one.Query, two.Query}, "level:>=warn AND user3"},
	} {
		before := len(d.gone)
		d.retain(2*day, step.rules...)
		want := d.left(func(int) []query.Node { return step.keep })
		d.check(step.name, want)
		d.reopen()
		d.check(step.name, want)
		var told int64
		for _, n := range d.store.Thinned() {
			if told += n.Lines; n.Query != step.text {
				t.Errorf("%s: kept is said to be %q, want %q", step.name, n.Query, step.text)
			}
			from, until := int64(math.MaxInt64), int64(math.MinInt64)
			for _, e := range d.events[0] {
				if e.ID.Source == n.Source {
					from, until = min(from, e.Timestamp), max(until, e.Timestamp)
				}
			}
			if n.From != from || n.Until != until {
				t.Errorf("%s: thinned from %d until %d, want %d, %d", step.name, n.From, n.Until, from, until)
			}
		}
		if have := all - d.store.Stats().Lines; have != told {
			t.Errorf("%s: %d lines are gone, told were %d", step.name, have, told)
		}
		worked := len(d.gone) > before
		if idle := step.name[0] == 't' || step.name[0] == 'm'; worked == idle {
			t.Errorf("%s: removed %+v", step.name, d.gone[before:])
		}
	}
	// When no line is left the folder goes, before the rule's age is over.
	folder := d.store.dayDir(dayOf(epoch))
	d.retain(2*day, rule(t, "nothinglikeit", 90*day))
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s: %v, want it gone", folder, err)
	}
	d.check("nothing left", map[string][]string{})
	if n := d.store.Thinned(); len(n) > 0 {
		t.Errorf("thinned: %v", n)
	}
	var sum Removed
	for _, r := range d.gone {
		sum.Lines += r.Lines
	}
	if sum.Lines != all {
		t.Errorf("%d lines are told to be removed, want %d", sum.Lines, all)
	}
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestAfterACrashOfThinningNoLineIsLostOrThere twice: at every step of the disk, the lines
// that a rule keeps are there once, and the rest is there, whole, or gone.
func TestAfterACrashOfThinningNoLineIsLostOrThere(t *testing.T) {
	keep := rule(t, "user3 OR level:>=error", 90*day)
	crashes := 0
	for step := 0; ; step++ {
		disk := newFaultFS()
		d := newDiary(t, 5, disk)
		d.cfg.MergeSegments = 4
		d.reopen()
		d.write(150)
		d.now = d.now.Add(day)
		d.write(40)
		d.now = d.now.Add(2 * day)
		all := d.left(func(int) []query.Node { return nil })
		want := d.left(func(i int) []query.Node { return [][]query.Node{{keep.Query}, nil}[i] })
		if err := d.store.SetRetention(Retention{RetainAge: 2 * day, RetainKeep: []KeepRule{keep}}); err != nil {
			t.Fatal(err)
		}
		disk.set(step, errCut)
		err := d.store.Retain()
		if cerr := d.store.Close(); cerr != nil {
			t.Fatal(cerr)
		}
		disk.powerCut(t, step%2 == 0)
		disk.set(-1, nil)
		d.store = mustOpen(t, d.cfg, d.deps)
		have := contents(t, d.store)
		for source, lines := range all {
			left := have[source]
			for _, line := range lines {
				if len(left) > 0 && left[0] == line {
					left = left[1:]
				} else if slices.Contains(want[source], line) {
					t.Fatalf("crash at step %d: %s is lost", step, line)
				}
			}
			if len(left) > 0 {
				t.Fatalf("crash at step %d: %s is there twice, or out of order", step, left[0])
			}
		}
		d.check(fmt.Sprintf("crash at step %d", step), have)
		d.retain(2*day, keep)
		d.check(fmt.Sprintf("crash at step %d, thinned", step), want)
		if err := d.store.Close(); err != nil {
			t.Fatal(err)
		}
		if err == nil {
			break
		}
		crashes++
	}
	if crashes < 20 {
		t.Errorf("only %d steps were tried", crashes)
	}
}

// TestADamagedSegmentIsNotThinned: what can be read of it stays, and the damage is told; the
// rest of its day is thinned, and all of it goes when the ages are over.
func TestADamagedSegmentIsNotThinned(t *testing.T) {
	d := newDiary(t, 9, nil)
	d.write(200)
	files := segmentFiles(t, d.cfg.Dir)
	if len(files) < 4 {
		t.Fatalf("%d segments, want some", len(files))
	}
	hurt := files[2]
	data, err := os.ReadFile(hurt)
	if err != nil {
		t.Fatal(err)
	}
	data[len(segmentMagic)+3] ^= 4 // in the first block
	if err := os.WriteFile(hurt, data, 0o640); err != nil {
		t.Fatal(err)
	}
	var before int64
	for _, seg := range d.store.segments {
		if seg.path == hurt {
			before = seg.Rows
		}
	}
	d.now = d.now.Add(4 * day)
	keep := rule(t, "level:>=error", 30*day)
	d.retain(2*day, keep)
	for range 2 {
		damaged := d.store.Damaged()
		if len(damaged) != 1 || damaged[0].File != hurt || damaged[0].Lines == 0 {
			t.Fatalf("damage %+v, want that of %s", damaged, hurt)
		}
		kept := int64(0)
		for _, seg := range d.store.segments {
			switch {
			case seg.path == hurt:
				kept = seg.Rows
			case !seg.keptBy(textsOf([]KeepRule{keep})):
				t.Errorf("%s is not thinned", seg.path)
			}
		}
		if kept != before {
			t.Errorf("the damaged segment has %d lines, want %d", kept, before)
		}
		d.reopen()
		// It is found again when it is read.
		d.retain(2*day, keep)
	}
	d.now = d.now.Add(30 * day)
	d.retain(2*day, keep)
	d.check("all ages over", map[string][]string{})
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestSizeTakesKeptLinesToo, oldest day first, after what age takes.
func TestSizeTakesKeptLinesToo(t *testing.T) {
	d := newDiary(t, 11, nil)
	for range 4 {
		d.write(200)
		d.now = d.now.Add(day)
	}
	keep := rule(t, "level:>=error", 30*day)
	r := Retention{RetainAge: day, RetainKeep: []KeepRule{keep}}
	if err := d.store.SetRetention(r); err != nil {
		t.Fatal(err)
	}
	if err := d.store.Retain(); err != nil {
		t.Fatal(err)
	}
	thinned := func(i int) []query.Node { return [][]query.Node{{keep.Query}, {keep.Query}, {keep.Query}, nil}[i] }
	d.check("by age", d.left(thinned))
	var size int64
	for _, start := range d.days[1:] {
		size += dirSize(d.store.dayDir(dayOf(start)))
	}
	r.RetainBytes = size
	if err := d.store.SetRetention(r); err != nil {
		t.Fatal(err)
	}
	if err := d.store.Retain(); err != nil {
		t.Fatal(err)
	}
	d.check("by size", d.left(func(i int) []query.Node {
		if i == 0 {
			return []query.Node{query.Not{Node: query.All{}}}
		}
		return thinned(i)
	}))
	reasons := make(map[Reason]int64)
	for _, g := range d.gone {
		reasons[g.Reason] += g.Lines
		if g.DiskBytes == 0 {
			t.Errorf("%+v: no bytes", g)
		}
	}
	if diff := cmp.Diff([]Reason{ByQuery, BySize}, slices.Sorted(maps.Keys(reasons))); diff != "" {
		t.Errorf("reasons (-want +have)\n%s", diff)
	}
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
}

// narrowDisk has little room.
type narrowDisk struct {
	OS
	free int64
}

func (d *narrowDisk) Free(string) (int64, error) { return d.free, nil }

// TestThinningWaitsForRoom, and a bound on the size is kept meanwhile.
func TestThinningWaitsForRoom(t *testing.T) {
	disk := &narrowDisk{free: 1000}
	d := newDiary(t, 13, disk)
	d.write(200)
	d.now = d.now.Add(day)
	d.write(200)
	d.now = d.now.Add(3 * day)
	keep := rule(t, "level:>=error", 30*day)
	r := Retention{RetainAge: day, RetainKeep: []KeepRule{keep}}
	if err := d.store.SetRetention(r); err != nil {
		t.Fatal(err)
	}
	if err := d.store.Retain(); err == nil {
		t.Fatal("no error without room")
	}
	d.check("no room", d.left(func(int) []query.Node { return nil }))
	r.RetainBytes = dirSize(d.store.dayDir(dayOf(d.days[1]))) + 10
	if err := d.store.SetRetention(r); err != nil {
		t.Fatal(err)
	}
	if err := d.store.Retain(); err == nil {
		t.Fatal("no error without room")
	}
	second := func(last []query.Node) func(int) []query.Node {
		return func(i int) []query.Node { return [][]query.Node{{query.Not{Node: query.All{}}}, last}[i] }
	}
	d.check("by size", d.left(second(nil)))
	disk.free = math.MaxInt64
	if err := d.store.Retain(); err != nil {
		t.Fatal(err)
	}
	d.check("room", d.left(second([]query.Node{keep.Query})))
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestRetentionFaultsAreAllReported at once.
func TestRetentionFaultsAreAllReported(t *testing.T) {
	r := Retention{RetainBytes: -1, RetainKeep: []KeepRule{{}, {query.All{}, -1}}}
	want := `store: retain bytes: -1 is negative
store: retain keep: all lines are kept without retain age
store: retain keep 0: no query
store: retain keep 1: age: -1ns is not more than retain age, 0s`
	if diff := cmp.Diff(want, fmt.Sprint(r.Validate())); diff != "" {
		t.Error(diff)
	}
}
