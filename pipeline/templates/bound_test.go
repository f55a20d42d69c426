package templates

import (
	"flag"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

var boundLines = flag.Int("templates.lines", 30_000, "lines of random tokens in TestRandomTokens; with -v, 10000000 shows that neither memory nor time per line grows")

// randomLine has 3 to 12 tokens without meaning; vocabulary 0 means that none returns.
func randomLine(r *rand.Rand, dst []byte, vocabulary int) []byte {
	for n := 3 + r.IntN(10); n > 0; n-- {
		x := r.Uint64()
		if vocabulary > 0 {
			x = uint64(r.IntN(vocabulary)) * 0x9e3779b97f4a7c15
		}
		for range 3 + x%7 {
			dst = append(dst, 'a'+byte(x%26))
			x /= 26
		}
		dst = append(dst, ' ')
	}
	return dst
}

// Lines of random tokens never have as many templates as the limit, and memory stays bounded.
func TestRandomTokens(t *testing.T) {
	for _, c := range []struct {
		name       string
		vocabulary int
	}{{"no token returns", 0}, {"fifty words", 50}, {"5000 words", 5000}} {
		t.Run(c.name, func(t *testing.T) {
			cfg := DefaultConfig()
			if *boundLines < 1_000_000 {
				cfg.MaxTemplates, cfg.MaxCache = 1000, 1000
			}
			m := New(cfg)
			r := rand.New(rand.NewPCG(1, 2))
			var s Scratch
			var line []byte
			start := time.Now()
			step := *boundLines / 10
			for i := 1; i <= *boundLines; i++ {
				line = randomLine(r, line[:0], c.vocabulary)
				m.Add(line, &s)
				if m.Len() >= cfg.MaxTemplates {
					t.Fatalf("after %d lines: %d templates, limit %d", i, m.Len(), cfg.MaxTemplates)
				}
				if i%step == 0 {
					var mem runtime.MemStats
					runtime.ReadMemStats(&mem)
					t.Logf("%9d lines: %6d templates, %5.2f us/line, heap %4d MB",
						i, m.Len(), float64(time.Since(start).Microseconds())/float64(step), mem.HeapAlloc>>20)
					start = time.Now()
				}
			}
			if n := len(m.cache) + len(m.old); n > cfg.MaxCache {
				t.Errorf("the cache holds %d skeletons, limit %d", n, cfg.MaxCache)
			}
			slots := 0
			for _, p := range m.places {
				slots += len(p.members)
			}
			if most := cfg.MaxTemplates * 14; slots > most {
				t.Errorf("%d members of places, expected at most %d", slots, most)
			}
		})
	}
}
