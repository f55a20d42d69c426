package templates

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Miners that share memory learn nothing from each other.
func TestMinersThatShareMemoryLearnNothingFromEachOther(t *testing.T) {
	lines, _ := mixed(t)
	source := New(DefaultConfig())
	half := len(lines) / 2
	mine(source, stringsOf(lines[:half])...)
	entries := source.Export()
	var all []*Knowledge
	for i := range entries {
		k, err := entries[i].Knowledge(DefaultConfig())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, k)
	}
	state := func(m *Miner) string {
		b, err := json.Marshal(m.Export())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	shared, idle, apart := New(DefaultConfig()), New(DefaultConfig()), New(DefaultConfig())
	for _, m := range []*Miner{shared, idle} {
		if err := m.Learn(all); err != nil {
			t.Fatal(err)
		}
	}
	if err := apart.Merge(entries); err != nil {
		t.Fatal(err)
	}
	before := state(idle)
	for _, k := range all {
		source.Share(k)
	}
	for _, m := range []*Miner{shared, apart, source} {
		mine(m, stringsOf(lines[half:])...)
	}
	if state(idle) != before {
		t.Error("the miner without lines has learned")
	}
	if diff := cmp.Diff(texts(apart), texts(shared)); diff != "" {
		t.Errorf("(-apart +shared):\n%s", diff)
	}
	fresh := New(DefaultConfig())
	if err := fresh.Learn(all); err != nil {
		t.Fatal(err)
	}
	if state(fresh) != before {
		t.Error("what is shared has changed")
	}
}

func stringsOf(lines [][]byte) (out []string) {
	for _, l := range lines {
		out = append(out, string(l))
	}
	return out
}

// Revision grows when something is learned of a template, and at no other time.
func TestRevision(t *testing.T) {
	m := New(DefaultConfig())
	var s Scratch
	if have := m.Revision(Ref{}); have != 0 {
		t.Errorf("the zero Ref has %d", have)
	}
	steps := []struct {
		line  string
		grows bool
	}{{"open mode=ro in 5 ms", true}, {"open mode=ro in 6 ms", false}, {"open mode=rw in 6 ms", true}, {"open mode=x in 7 s", true}, {"open mode=y in 8 h", false}}
	last := uint32(0)
	for _, step := range steps {
		now := m.Revision(m.Add([]byte(step.line), &s))
		if (now > last) != step.grows {
			t.Errorf("%q: %d after %d, want growth: %v", step.line, now, last, step.grows)
		}
		last = now
	}
}

// Who learns what covers another need not learn that.
func TestCovers(t *testing.T) {
	know := func(lines ...string) *Knowledge {
		m := New(DefaultConfig())
		mine(m, lines...)
		entries := m.Export()
		k, err := entries[0].Knowledge(DefaultConfig())
		if err != nil || len(entries) != 1 {
			t.Fatal(len(entries), err)
		}
		return k
	}
	ro, rw, both := know("open mode=ro in 5 ms"), know("open mode=rw in 5 ms"), know("open mode=ro in 5 ms", "open mode=rw in 5 ms")
	units := know("open mode=ro in 5 ms", "open mode=ro in 5 s")
	tests := []struct {
		name string
		k, o *Knowledge
		want bool
	}{
		{"itself", ro, ro, true}, {"another constant", ro, rw, false}, {"both constants", both, rw, true}, {"one of both", ro, both, false},
		{"units", units, ro, true}, {"one unit", ro, units, false}, {"another template", both, know("closed"), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if have := test.k.Covers(test.o); have != test.want {
				t.Errorf("have %v", have)
			}
			m := New(DefaultConfig())
			if err := m.Learn([]*Knowledge{test.k}); err != nil {
				t.Fatal(err)
			}
			before := texts(m)
			if err := m.Learn([]*Knowledge{test.o}); err != nil {
				t.Fatal(err)
			}
			if test.want && !cmp.Equal(before, texts(m)) {
				t.Error("something was learned")
			}
		})
	}
}
