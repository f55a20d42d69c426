package templates

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"foghorn/pipeline/templates/score"
)

const loghub = "../../../shared/data/loghub2k"

func TestLoghub(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/data/loghub2k/*_2k.structured.csv")
	if len(files) == 0 {
		t.Skip("no data")
	}
	show := os.Getenv("SHOW")
	var all []score.Accuracy
	for _, path := range files {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		truth, err := score.ReadLoghub(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		cfg := DefaultConfig()
		m := New(cfg)
		var s Scratch
		refs := make([]Ref, len(truth))
		for i, l := range truth {
			refs[i] = m.Add([]byte(l.Content), &s)
		}
		lines := make([]score.Line, len(truth))
		for i, l := range truth {
			r, _ := m.Template(refs[i])
			lines[i] = score.Line{Group: r.ID, Template: r.Text, Event: l.Event, Truth: l.Template}
		}
		a := score.Of(lines)
		all = append(all, a)
		name, _, _ := strings.Cut(filepath.Base(path), "_2k")
		fmt.Printf("%-12s GA %.3f FGA %.3f PA %.3f FTA %.3f\n", name, a.GA, a.FGA, a.PA, a.FTA)
		if name == show || show == "ALL" {
			showErrors(name, lines, truth)
		}
	}
	a := score.Mean(all)
	fmt.Printf("%-12s GA %.3f FGA %.3f PA %.3f FTA %.3f\n", "MEAN", a.GA, a.FGA, a.PA, a.FTA)
}

func showErrors(name string, lines []score.Line, truth []score.Truth) {
	type ev struct {
		groups    map[string]int
		n         int
		truth, ex string
		texts     map[string]int
	}
	evs := map[string]*ev{}
	gev := map[string]map[string]int{}
	for i, l := range lines {
		e := evs[l.Event]
		if e == nil {
			e = &ev{groups: map[string]int{}, truth: l.Truth, ex: truth[i].Content, texts: map[string]int{}}
			evs[l.Event] = e
		}
		e.n++
		e.groups[l.Group]++
		e.texts[l.Template]++
		if gev[l.Group] == nil {
			gev[l.Group] = map[string]int{}
		}
		gev[l.Group][l.Event]++
	}
	var ids []string
	for id := range evs {
		ids = append(ids, id)
	}
	sort.Slice(ids, func(a, b int) bool {
		if evs[ids[a]].n != evs[ids[b]].n {
			return evs[ids[a]].n > evs[ids[b]].n
		}
		return ids[a] < ids[b]
	})
	for _, id := range ids {
		e := evs[id]
		bad := len(e.groups) > 1
		var with []string
		for g := range e.groups {
			for o := range gev[g] {
				if o != id {
					bad = true
					with = append(with, o)
				}
			}
		}
		if bad {
			fmt.Printf("GROUP %s %s n=%d groups=%d with=%v | %.200s\n", name, id, e.n, len(e.groups), with, e.truth)
		} else if e.texts[e.truth] != e.n {
			fmt.Printf("TEXT  %s %s n=%d | %.250s\n", name, id, e.n, e.truth)
		} else {
			continue
		}
		k := 0
		for x, n := range e.texts {
			if k < 5 && x != e.truth {
				fmt.Printf("       %d  %.250s\n", n, x)
				k++
			}
		}
	}
}
