package match_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"foghorn/pipeline"
	"foghorn/pipeline/parse"
	"foghorn/rules"
	"foghorn/rules/match"
	"foghorn/rules/packs"
)

// mixed returns parsed lines of several formats, of which the pack's rules match some.
func mixed(b *testing.B) []pipeline.Event {
	b.Helper()
	texts := []string{
		`198.51.100.%d - - [02/Mar/2026:10:00:00 +0000] "GET /api/videos/%d HTTP/1.1" 200 5123 "-" "Mozilla/5.0"`,
		`198.51.100.%d - - [02/Mar/2026:10:00:00 +0000] "GET /api/videos/%d HTTP/1.1" 404 162 "-" "Mozilla/5.0"`,
		`{"level":"info","service":"video","time":"2026-03-02T10:00:00.1Z","video_id":%d,"duration_ms":%d,"message":"video served"}`,
		`time=2026-03-02T10:00:00.2Z level=info service=catalog msg="item found" item=%d duration=%dms`,
		`2026-03-02 10:00:00,123 INFO  [sender-%d] com.shop.replication.Sender - shipped segment %d to replica-2`,
		`Mar  2 10:00:00 web-1 sshd[%d]: Accepted publickey for deploy from 10.0.0.3 port %d ssh2`,
		`Mar  2 10:00:00 web-1 sshd[%d]: Failed password for root from 203.0.113.9 port %d ssh2`,
		`2026-03-02 10:00:00.123 UTC [%d] LOG:  checkpoint complete: wrote %d buffers`,
		`time=2026-03-02T10:00:00.2Z level=error service=catalog msg="query failed" item=%d error="dial tcp 10.0.3.%d:5432: connect: connection refused"`,
		`2026-03-02T10:00:00Z WARN worker %d retries job %d after a timeout`,
	}
	var out []pipeline.Event
	observed := time.Date(2026, 3, 2, 10, 0, 1, 0, time.UTC)
	for i, text := range texts {
		parser := parse.New(parse.DefaultConfig())
		l := pipeline.Line{ID: pipeline.LineID{Source: fmt.Sprintf("web-1:/log/%d", i), Generation: 1}, Observed: observed}
		for j := range 100 {
			l.Raw = fmt.Appendf(nil, text, j, j*7)
			l.Size = int64(len(l.Raw)) + 1
			out = append(out, parser.Parse(&l))
			l.ID.Offset += l.Size
		}
	}
	return out
}

func bench(b *testing.B, set *rules.Set) {
	events := mixed(b)
	m := match.New(match.DefaultConfig(), 0, rules.NewLive(set))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		m.Match(&events[i%len(events)])
		if i++; i%len(events) == 0 {
			if _, err := m.Flush(time.Unix(0, events[0].Observed)); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}

// Lines per second through stage 1 with the whole pack, Flush included; 3 of 10 lines
// match a rule.
func BenchmarkMatch(b *testing.B) {
	set, err := packs.Load()
	if err != nil {
		b.Fatal(err)
	}
	bench(b, set)
}

// The same with 500 rules beside the pack that no line matches.
func BenchmarkManyRules(b *testing.B) {
	set, err := packs.Load()
	if err != nil {
		b.Fatal(err)
	}
	var yaml strings.Builder
	yaml.WriteString("rules:\n")
	for i := range 500 {
		fmt.Fprintf(&yaml, "  - {id: extra-%d, title: t, severity: low, match: '\"subsystem%d failed\" OR /code=%d[0-9]+ fatal/'}\n", i, i, i)
	}
	many, err := rules.NewSet(append(set.Rules(), parseRules(b, yaml.String()).Rules()...)...)
	if err != nil {
		b.Fatal(err)
	}
	bench(b, many)
}
