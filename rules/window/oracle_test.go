package window_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
	"foghorn/pipeline/parse"
	"foghorn/rules"
	"foghorn/rules/packs"
)

// The sshd rule over a real log gives exactly the episodes that a brute-force computation
// finds: in one go, split in random batches, and with replays.
func TestOpenSSH(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "loghub2k", "OpenSSH_2k.log"))
	if err != nil {
		t.Skipf("SKIPPED: no corpus: %v", err)
	}
	pack, err := packs.Load()
	if err != nil {
		t.Fatal(err)
	}
	rule := pack.ByID("sshd-bruteforce")
	set, err := rules.NewSet(rule)
	if err != nil {
		t.Fatal(err)
	}
	observed := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	line := pipeline.Line{ID: pipeline.LineID{Source: "lab:/var/log/auth.log", Generation: 7}, Observed: observed}
	parser := parse.New(parse.DefaultConfig())
	failed := regexp.MustCompile(`sshd\[\d+\]: (?:message repeated \d+ times: \[ )?Failed password for .* from (\S+) port`)
	seconds := make(map[string]map[int64]int64)
	var events []pipeline.Event
	for raw := range bytes.Lines(data) {
		line.Raw, line.Size = bytes.TrimSuffix(raw, []byte("\n")), int64(len(raw))
		events = append(events, parser.Parse(&line))
		line.ID.Offset += line.Size
		line.Observed = line.Observed.Add(time.Millisecond)
		m := failed.FindSubmatch(raw)
		if m == nil {
			continue
		}
		at, err := time.Parse("2006 "+time.Stamp, "2025 "+string(raw[:15]))
		if err != nil {
			t.Fatal(err)
		}
		group := pipeline.GroupKey(map[string]string{"host": "lab", "client.address": string(m[1])})
		if seconds[group] == nil {
			seconds[group] = make(map[int64]int64)
		}
		seconds[group][at.Unix()]++
	}
	var want []episode
	for group, s := range seconds {
		want = append(want, brute(rule, group, s)...)
	}
	sortEpisodes(want)
	if len(want) == 0 {
		t.Fatal("the brute-force computation finds no episode: the comparison would say nothing")
	}
	t.Logf("%d lines, %d episodes", len(events), len(want))

	once := func(int) bool { return false }
	if diff := cmp.Diff(want, episodes(t, run(t, set, record(t, set, events, once, never)))); diff != "" {
		t.Errorf("in one go (-brute force +engine):\n%s", diff)
	}
	if diff := cmp.Diff(want, episodes(t, run(t, set, record(t, set, events, always, never)))); diff != "" {
		t.Errorf("line by line (-brute force +engine):\n%s", diff)
	}
	for seed := range uint64(10) {
		rng := rand.New(rand.NewPCG(seed, 1))
		cut := randomCut(rng, 1+rng.IntN(200))
		if diff := cmp.Diff(want, episodes(t, run(t, set, record(t, set, events, cut, never)))); diff != "" {
			t.Errorf("seed %d, random batches (-brute force +engine):\n%s", seed, diff)
		}
		crashes := 20
		back := func(i int) int {
			if crashes == 0 || rng.IntN(3) > 0 {
				return -1
			}
			crashes--
			return max(0, i-rng.IntN(300))
		}
		if diff := cmp.Diff(want, episodes(t, run(t, set, record(t, set, events, cut, back)))); diff != "" {
			t.Errorf("seed %d, replays (-brute force +engine):\n%s", seed, diff)
		}
	}
}
