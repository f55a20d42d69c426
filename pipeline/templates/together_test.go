package templates

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Miners on several goroutines share the memory of what they tell each other while each goes
// on learning (the race detector looks on), and in the end they know the same.
func TestMinersThatShareMemoryAreUsedAtOnce(t *testing.T) {
	const miners, rounds, each = 4, 20, 100
	messages := func(rnd *rand.Rand) string {
		n := rnd.IntN(1000)
		switch n % 6 {
		case 0:
			return fmt.Sprintf("session opened for user %c%c by uid %d", 'a'+n%26, 'a'+n%17, n)
		case 1:
			return fmt.Sprintf("took %d %s", n, []string{"ms", "s", "h"}[n%3])
		case 2:
			return fmt.Sprintf("mode=%s at eth%d", []string{"ro", "rw", "-"}[n%3], n%9)
		case 3:
			return []string{"1, 2, 3 done", "1 2 done", "1,2 done"}[n%3]
		case 4:
			return fmt.Sprintf("state of node-%d changed from %s to %s", n%50, []string{"UP", "DOWN", "GONE"}[n%3], []string{"UP", "DOWN", "LOST", "GONE"}[n%4])
		}
		return fmt.Sprintf("%s failed: %x", []string{"read", "write", "open", "close", "sync"}[n%5], n)
	}
	var mu sync.Mutex
	var told []*Knowledge
	var wg sync.WaitGroup
	all := make([]*Miner, miners)
	for i := range all {
		m := New(DefaultConfig())
		all[i] = m
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(1, uint64(i)))
			var s Scratch
			learned := 0
			for range rounds {
				var mine []*Knowledge
				for range each {
					mine = append(mine, m.Knowledge(m.Add([]byte(messages(rnd)), &s)))
				}
				mu.Lock()
				told = append(told, mine...)
				others := told[learned:]
				learned = len(told)
				mu.Unlock()
				if err := m.Learn(others); err != nil {
					t.Error(err)
				}
				for _, k := range others {
					m.Share(k)
				}
			}
		})
	}
	wg.Wait()
	for range 3 { // what templates become of others' is told, too
		for _, from := range all {
			for _, to := range all {
				if err := to.Merge(from.Export()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	known := func(m *Miner) (out []Entry) {
		for _, e := range m.Export() {
			e.Count = 0
			out = append(out, e)
		}
		return out
	}
	want := known(all[0])
	for i, m := range all[1:] {
		if d := cmp.Diff(want, known(m)); d != "" {
			t.Errorf("miner %d (-miner 0): %.2000s", i+1, d)
		}
	}
	if len(want) < 20 {
		t.Errorf("%d templates", len(want))
	}
}
