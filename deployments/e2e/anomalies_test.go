//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/pipeline/kafka"
	"foghorn/rules/packs"
)

// sshdRule is the rule of the pack whose episodes BruteForce finds as well, and the lines
// and field that it counts.
const sshdRule = "sshd-bruteforce"

var failedLogin = regexp.MustCompile(`Failed password .*from (\d+\.\d+\.\d+\.\d+) port`)

// checkAnomalies compares the topic anomalies with the episodes that BruteForce finds in
// sshd's log, and checks that every event is there once and reached the webhook.
func checkAnomalies(ctx context.Context, t *testing.T, brokers []string, corpora []Corpus, to *receiver) {
	t.Helper()
	pack, err := packs.Load()
	if err != nil {
		t.Fatal(err)
	}
	rule := pack.ByID(sshdRule)
	if rule == nil {
		t.Fatalf("the pack has no rule %s", sshdRule)
	}
	var lines [][]byte
	for i := range corpora {
		if corpora[i].Name == SSHD {
			lines = corpora[i].Lines
		}
	}
	want, err := BruteForce(lines, failedLogin, int(rule.MinCount), rule.Window, rule.KeepFiring, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if len(want) == 0 {
		t.Fatal("no episode to be found in sshd's log: the comparison would say nothing")
	}
	client, err := kafka.New(kafka.Config{Brokers: brokers}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var events []pipeline.Anomaly
	var diff string
	// The last episode of a file that says nothing more ends as time goes on.
	until(ctx, t, "all episodes of sshd's log are resolved", rule.KeepFiring+rule.Window+3*time.Minute, func() error {
		if events, err = readAnomalies(ctx, client); err != nil {
			return err
		}
		if diff = cmp.Diff(want, episodes(events)); diff != "" {
			return fmt.Errorf("episodes (-brute force +anomalies):\n%s", diff)
		}
		return nil
	})
	seen := map[string]bool{}
	twice, byRule := 0, map[string]int{}
	for _, a := range events {
		key := fmt.Sprintf("%s/%d", a.ID, a.Seq)
		if seen[key] {
			twice++
			t.Errorf("event %s of rule %s is on the topic twice", key, a.Rule)
		}
		seen[key] = true
		byRule[a.Rule]++
	}
	var again int
	until(ctx, t, "the webhook was told of every event", 30*time.Second, func() error {
		again = 0
		for key := range seen {
			n := to.count(key)
			if n == 0 {
				return fmt.Errorf("not of %s", key)
			}
			again += n - 1
		}
		return nil
	})
	var names []string
	for r, n := range byRule {
		names = append(names, fmt.Sprintf("%s %d", r, n))
	}
	sort.Strings(names)
	t.Logf("%d episodes of %s as by brute force; %d events on the topic, %d of them twice; the webhook was told %d times more than once; by rule: %s",
		len(want), sshdRule, len(events), twice, again, strings.Join(names, ", "))
}

// episodes returns the resolved episodes of sshd's log among the events.
func episodes(events []pipeline.Anomaly) []Episode {
	var out []Episode
	for _, a := range events {
		if a.Rule != sshdRule || a.State != pipeline.AnomalyResolved || len(a.Samples) == 0 ||
			!strings.HasSuffix(a.Samples[0].Source, "/"+SSHD+".log") {
			continue
		}
		e := Episode{Address: a.Group["client.address"], Started: a.Started.UTC()}
		if a.ResolvedAt != nil {
			e.Ended = a.ResolvedAt.UTC()
		}
		out = append(out, e)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].String() < out[j].String() })
	return out
}

// readAnomalies reads the topic anomalies from its beginning to its end.
func readAnomalies(ctx context.Context, client *kafka.Client) ([]pipeline.Anomaly, error) {
	var out []pipeline.Anomaly
	c := client.Open(pipeline.TopicAnomalies, 0, kafka.Earliest)
	for next := int64(0); ; {
		batch, err := c.Fetch(ctx, 500*time.Millisecond)
		if err != nil {
			return nil, err
		}
		for i := range batch {
			var a pipeline.Anomaly
			if err := json.Unmarshal(batch[i].Value, &a); err != nil {
				return nil, fmt.Errorf("anomaly event at offset %d: %w", batch[i].Offset, err)
			}
			out = append(out, a)
			next = batch[i].Offset + 1
		}
		if len(batch) == 0 || next >= c.HighWatermark() {
			return out, nil
		}
	}
}
