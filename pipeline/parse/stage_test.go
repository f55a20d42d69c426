package parse

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"foghorn/pipeline"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// recorder is a Matcher that notes what it is handed.
type recorder struct {
	seen    []pipeline.LineID
	panicOn string
	err     error
}

func (r *recorder) Match(e *pipeline.Event) {
	if r.panicOn != "" && bytes.Contains(e.Body, []byte(r.panicOn)) {
		panic("matcher: " + r.panicOn)
	}
	r.seen = append(r.seen, e.ID)
}

func (r *recorder) Flush(now time.Time) ([]pipeline.Message, error) {
	return []pipeline.Message{{Topic: pipeline.TopicMatches, Partition: -1, Time: now}}, r.err
}

// rawRecords makes the records of a file's lines, as a shipper produces them.
func rawRecords(source string, generation uint64, lines ...string) []pipeline.Message {
	var batch []pipeline.Message
	var offset int64
	for _, raw := range lines {
		l := pipeline.Line{ID: pipeline.LineID{Source: source, Generation: generation, Offset: offset},
			Raw: []byte(raw), Size: int64(len(raw)) + 1, Observed: observed}
		m := pipeline.EncodeLine(&l)
		m.Partition, m.Offset = 2, int64(len(batch))
		batch = append(batch, m)
		offset += l.Size
	}
	return batch
}

func process(t *testing.T, s *Stage, batch []pipeline.Message) []pipeline.Message {
	t.Helper()
	out, err := s.Process(t.Context(), observed, batch)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func decode(t *testing.T, m *pipeline.Message) []pipeline.Event {
	t.Helper()
	if m.Topic != pipeline.TopicEvents {
		t.Fatalf("record to %s, want %s", m.Topic, pipeline.TopicEvents)
	}
	events, err := pipeline.DecodeEvents(m)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func count(t *testing.T, c prometheus.Counter) float64 {
	t.Helper()
	var m dto.Metric
	if err := c.Write(&m); err != nil {
		t.Fatal(err)
	}
	return m.GetCounter().GetValue()
}

func bodies(events []pipeline.Event) string {
	var b []string
	for i := range events {
		b = append(b, string(events[i].Body))
	}
	return strings.Join(b, "|")
}

// Matches come first, then the events, one record per source with its lines in order,
// to the partition of the raw records.
func TestStageOrder(t *testing.T) {
	matcher := &recorder{}
	s := NewStage(StageConfig{Matcher: func(p int) Matcher {
		if p != 2 {
			t.Errorf("matcher of partition %d", p)
		}
		return matcher
	}}, 2)
	a, b := rawRecords("a:/x", 1, "a1", "a2", "a3"), rawRecords("b:/x", 1, "b1", "b2")
	out := process(t, s, []pipeline.Message{a[0], b[0], a[1], a[2], b[1]})
	if len(out) != 3 || out[0].Topic != pipeline.TopicMatches || !out[0].Time.Equal(observed) {
		t.Fatalf("%d records, first to %s", len(out), out[0].Topic)
	}
	for i, want := range []string{"a1|a2|a3", "b1|b2"} {
		if have := bodies(decode(t, &out[i+1])); have != want || out[i+1].Partition != 2 {
			t.Errorf("record %d to partition %d: %s, want %s", i+1, out[i+1].Partition, have, want)
		}
	}
	if len(matcher.seen) != 5 {
		t.Errorf("matcher saw %d events", len(matcher.seen))
	}
	if out = process(t, s, nil); len(out) != 1 || out[0].Topic != pipeline.TopicMatches {
		t.Errorf("empty batch: %v, want the matcher's flush alone", out)
	}
}

func TestStageDropsLinesThatCameBefore(t *testing.T) {
	reg := prometheus.NewRegistry()
	stats, err := NewStats(reg)
	if err != nil {
		t.Fatal(err)
	}
	matcher := &recorder{}
	s := NewStage(StageConfig{Stats: stats, Matcher: func(int) Matcher { return matcher }}, 2)
	lines := rawRecords("a:/x", 1, "1", "2", "3", "4")
	process(t, s, lines[:3])
	out := process(t, s, lines[1:])
	if have := bodies(decode(t, &out[1])); have != "4" {
		t.Errorf("after the repetition: %s, want only the new line", have)
	}
	if len(matcher.seen) != 4 || count(t, stats.duplicates) != 2 || count(t, stats.lines) != 4 {
		t.Errorf("matched %d, counted %v duplicates and %v lines", len(matcher.seen), count(t, stats.duplicates), count(t, stats.lines))
	}
	if out = process(t, s, rawRecords("a:/x", 2, "1")); len(out) != 2 {
		t.Error("the first line of a new generation was dropped")
	}
}

// Undecodable records go to logs.deadletter, whole, with the place and the reason; the
// flow goes on.
func TestStageBuriesWhatItCannotDecode(t *testing.T) {
	s := NewStage(StageConfig{}, 2)
	good := rawRecords("a:/x", 1, "one", "two")
	bad := pipeline.Message{Topic: pipeline.TopicRaw, Partition: 2, Offset: 77, Key: []byte("k"), Value: []byte("v"),
		Headers: []pipeline.Header{{Key: pipeline.HeaderLine, Value: []byte("nonsense")}}}
	out := process(t, s, []pipeline.Message{good[0], bad, good[1]})
	if len(out) != 2 || bodies(decode(t, &out[0])) != "one|two" {
		t.Fatalf("%d records, want the events and the dead letter", len(out))
	}
	dead := out[1]
	have := map[string]string{}
	for _, h := range dead.Headers {
		have[h.Key] = string(h.Value)
	}
	want := map[string]string{
		pipeline.HeaderLine: "nonsense", pipeline.HeaderDeadTopic: pipeline.TopicRaw, pipeline.HeaderDeadPartition: "2",
		pipeline.HeaderDeadOffset: "77", pipeline.HeaderDeadStage: "decode",
		pipeline.HeaderDeadReason: `bad foghorn.line header: "nonsense": want generation:offset:size[:t]`,
	}
	if d := cmp.Diff(want, have); d != "" || dead.Topic != pipeline.TopicDeadLetter || string(dead.Key) != "k" || string(dead.Value) != "v" {
		t.Errorf("dead letter to %s, key %q, value %q\n%s", dead.Topic, dead.Key, dead.Value, d)
	}
	if out = process(t, s, nil); len(out) != 0 {
		t.Errorf("the dead letter came again: %v", out)
	}
}

// A panic about one line becomes a dead letter with its reason; the other lines go on.
func TestStageSurvivesAPanic(t *testing.T) {
	t.Run("of the parser", func(t *testing.T) {
		s := NewStage(StageConfig{}, 0)
		lines := rawRecords("a:/x", 1, `{"a":1}`, `{"b":2}`, `{"c":3}`)
		process(t, s, lines[:1])
		s.sources.last.parser.buf = nil // makes the next line panic
		out := process(t, s, lines[1:])
		if len(out) != 2 || bodies(decode(t, &out[0])) != `{"c":3}` || out[1].Topic != pipeline.TopicDeadLetter {
			t.Fatalf("%v, want the third line and a dead letter", out)
		}
		if reason, _ := out[1].Header(pipeline.HeaderDeadReason); !bytes.HasPrefix(reason, []byte("panic: ")) || string(out[1].Value) != `{"b":2}` {
			t.Errorf("dead letter %q: %s", out[1].Value, reason)
		}
	})
	t.Run("of the matcher", func(t *testing.T) {
		s := NewStage(StageConfig{Matcher: func(int) Matcher { return &recorder{panicOn: "two"} }}, 0)
		out := process(t, s, rawRecords("a:/x", 1, "one", "two", "three"))
		if len(out) != 3 || bodies(decode(t, &out[1])) != "one|two|three" {
			t.Fatalf("%v, want the matches, all events and a dead letter", out)
		}
		if reason, _ := out[2].Header(pipeline.HeaderDeadReason); string(reason) != "panic: matcher: two" || string(out[2].Value) != "two" {
			t.Errorf("dead letter %q: %s", out[2].Value, reason)
		}
	})
}

func TestStageEndsWhenTheMatcherCannotGoOn(t *testing.T) {
	want := errors.New("no memory")
	s := NewStage(StageConfig{Matcher: func(int) Matcher { return &recorder{err: want} }}, 0)
	if _, err := s.Process(t.Context(), observed, nil); !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
}

// Records of foreign producers: plain lines, with a line feed or without; tombstones are
// skipped and counted; an empty line is a line.
func TestStageTakesForeignRecords(t *testing.T) {
	stats, err := NewStats(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	s := NewStage(StageConfig{Stats: stats, MaxLine: 50}, 3)
	long := strings.Repeat("x", 60)
	var batch []pipeline.Message
	for i, v := range [][]byte{[]byte("Dec 10 06:55:46 LabSZ sshd[1]: Invalid user\n"), nil, {}, []byte(long)} {
		batch = append(batch, pipeline.Message{Topic: pipeline.TopicRaw, Partition: 3, Offset: int64(10 + i), Value: v, Time: observed})
	}
	out := process(t, s, batch)
	events := decode(t, &out[0])
	if len(out) != 1 || bodies(events) != "Dec 10 06:55:46 LabSZ sshd[1]: Invalid user||"+long[:50] {
		t.Fatalf("%d records: %s", len(out), bodies(events))
	}
	if e := events[0]; e.ID != (pipeline.LineID{Source: "logs.raw/3", Offset: 10}) || e.Host != "LabSZ" || e.Service != "sshd" || e.TimeObserved {
		t.Errorf("%+v", e)
	}
	if !events[2].Truncated || count(t, stats.cut) != 1 || count(t, stats.tombstones) != 1 {
		t.Errorf("truncated %v, cut %v, tombstones %v", events[2].Truncated, count(t, stats.cut), count(t, stats.tombstones))
	}
	if count(t, stats.formats[textFormat]) != 2 {
		t.Errorf("%v lines of text, want 2", count(t, stats.formats[textFormat]))
	}
}

// A shipper's empty line is a line also where the bus has made its value nil.
func TestStageKeepsAShippersEmptyLine(t *testing.T) {
	lines := rawRecords("a:/x", 1, "one", "", "three")
	lines[1].Value = nil
	out := process(t, NewStage(StageConfig{}, 0), lines)
	if have := bodies(decode(t, &out[0])); have != "one||three" {
		t.Errorf("%s, want one||three", have)
	}
}

// Records of events stay near MaxBatch, and no record is larger than the topic takes,
// for lines of any length up to the limit, whatever their bytes.
func TestStageSplitsRecords(t *testing.T) {
	s := NewStage(StageConfig{}, 0)
	var lines []string
	for i := range 4000 {
		lines = append(lines, fmt.Sprintf(`{"level":"info","n":%d,"msg":"%s"}`, i, strings.Repeat("a", i%500)))
	}
	huge := strings.Repeat("\xff", 1<<20)
	lines = append(lines, huge, "after", `{"msg":"`+strings.Repeat("b", 1<<20-10)+`"}`, "end")
	out := process(t, s, rawRecords("a:/x", 1, lines...))
	var all []pipeline.Event
	for i := range out {
		events := decode(t, &out[i])
		if len(out[i].Value) > 512<<10 && len(events) > 1 || len(out[i].Value) > pipeline.MaxMessage/2 {
			t.Errorf("record %d of %d bytes with %d events", i, len(out[i].Value), len(events))
		}
		all = append(all, events...)
	}
	if len(out) < 5 || bodies(all) != strings.Join(lines, "|") {
		t.Errorf("%d records with %d events, want all %d lines in order", len(out), len(all), len(lines))
	}
}

// A partition remembers MaxSources sources; the one not seen for longest is forgotten
// first.
func TestStageBoundsItsSources(t *testing.T) {
	s := NewStage(StageConfig{MaxSources: 3}, 0)
	for _, src := range []string{"a:/x", "b:/x", "c:/x", "a:/x", "d:/x"} {
		process(t, s, rawRecords(src, 1, "1"))
	}
	if len(s.sources.byID) != 3 || s.sources.order.Len() != 3 {
		t.Fatalf("%d sources kept, want 3", len(s.sources.byID))
	}
	for _, id := range []string{"a:/x", "c:/x", "d:/x"} {
		if s.sources.byID[id] == nil {
			t.Errorf("%s was forgotten", id)
		}
	}
	if out := process(t, s, rawRecords("b:/x", 1, "1")); len(out) != 1 {
		t.Error("the forgotten source's line does not count as fresh")
	}
}

// More sources in one batch than are kept: every line comes out, once, in its source's
// order.
func TestStageWithMoreSourcesInABatchThanItKeeps(t *testing.T) {
	s := NewStage(StageConfig{MaxSources: 2}, 0)
	var batch []pipeline.Message
	files := [][]pipeline.Message{}
	for i := range 5 {
		files = append(files, rawRecords(fmt.Sprintf("h%d:/x", i), 1, "1", "2", "3"))
	}
	for line := range 3 {
		for i := range files {
			batch = append(batch, files[i][line])
		}
	}
	have := map[string]string{}
	out := process(t, s, batch)
	for i := range out {
		have[string(out[i].Key)] += bodies(decode(t, &out[i]))
	}
	for i := range files {
		if id := fmt.Sprintf("h%d:/x", i); have[id] != "1|2|3" {
			t.Errorf("%s: %s", id, have[id])
		}
	}
}

// A source that has lines in a batch is not forgotten before the batch ends: its lines come
// out in order also when a record of theirs is closed early.
func TestASourceIsNotForgottenWithinItsBatch(t *testing.T) {
	s := NewStage(StageConfig{MaxSources: 1}, 0)
	a := rawRecords("a:/x", 1, strings.Split(strings.Repeat("1 ", maxRoom+1), " ")[:maxRoom+1]...)
	batch := slices.Concat(a[:1], rawRecords("b:/x", 1, "1"), a[1:], a[:1])
	out, next := process(t, s, batch), int64(0)
	for i := range out {
		if string(out[i].Key) != "a:/x" {
			continue
		}
		for _, e := range decode(t, &out[i]) {
			if e.ID.Offset != next {
				t.Fatalf("record %d: have the line at %d, want that at %d", i, e.ID.Offset, next)
			}
			next += e.Size
		}
	}
	if want := int64(2 * (maxRoom + 1)); next != want {
		t.Errorf("have lines up to %d, want %d", next, want)
	}
	process(t, s, rawRecords("c:/x", 1, "1"))
	if s.sources.order.Len() != 1 || len(s.sources.byID) != 1 {
		t.Errorf("%d sources are kept in the next batch, want 1", s.sources.order.Len())
	}
}

// An event that no record of logs.events could hold is a dead letter, and the others go on:
// the broker would refuse it however often it was sent.
func TestAnEventThatIsTooLargeIsBuried(t *testing.T) {
	long := strings.Repeat("x", pipeline.MaxMessage-200)
	for name, l := range map[string]pipeline.Line{
		"line":   {ID: pipeline.LineID{Source: "a:/x"}, Raw: []byte(long)},
		"source": {ID: pipeline.LineID{Source: "a:/" + long[:pipeline.MaxMessage/2]}, Raw: []byte("x")},
		"label":  {ID: pipeline.LineID{Source: "a:/x"}, Raw: []byte("x"), Labels: []pipeline.Attr{{Key: "service", Value: long}}},
	} {
		t.Run(name, func(t *testing.T) {
			l.ID.Generation, l.Size = 1, int64(len(l.Raw))+1
			s := NewStage(StageConfig{}, 0)
			out := process(t, s, slices.Concat(rawRecords("b:/x", 1, "1"), []pipeline.Message{pipeline.EncodeLine(&l)}, rawRecords("b:/x", 1, "1", "2")[1:]))
			var topics []string
			for i := range out {
				topics = append(topics, out[i].Topic)
				if n := len(out[i].Key) + len(out[i].Value); out[i].Topic == pipeline.TopicEvents && n > pipeline.MaxMessage {
					t.Errorf("a record of events has %d bytes, want at most %d", n, pipeline.MaxMessage)
				}
			}
			if d := cmp.Diff([]string{pipeline.TopicEvents, pipeline.TopicDeadLetter}, topics); d != "" {
				t.Fatal("-want +have", d)
			}
			if have := bodies(decode(t, &out[0])); have != "1|2" {
				t.Errorf("events %s", have)
			}
			reason, _ := out[1].Header(pipeline.HeaderDeadReason)
			if !strings.Contains(string(reason), "want at most") || !bytes.Equal(out[1].Value, l.Raw) {
				t.Errorf("dead letter of %d bytes, reason %q", len(out[1].Value), reason)
			}
		})
	}
}

func TestNewStatsTellsOfASecondRegistration(t *testing.T) {
	reg := prometheus.NewRegistry()
	if _, err := NewStats(reg); err != nil {
		t.Fatal(err)
	}
	if _, err := NewStats(reg); err == nil {
		t.Error("registered twice: no error")
	}
}

// A source's events become a record when there are 1,024 of them, in order, and the room
// of one batch serves the next.
func TestRecordsOfManyEvents(t *testing.T) {
	s := NewStage(StageConfig{}, 0)
	next := int64(0)
	for round, lines := range []int{3000, 1024, 1, 2500} {
		var batch []pipeline.Message
		first := next
		for range lines {
			l := pipeline.Line{ID: pipeline.LineID{Source: "web-1:/a.log", Generation: 1, Offset: next}, Size: 1, Raw: []byte("x"), Observed: observed}
			batch = append(batch, pipeline.EncodeLine(&l))
			next++
		}
		out, err := s.Process(t.Context(), observed, batch)
		if err != nil {
			t.Fatal(err)
		}
		if want := (lines + 1023) / 1024; len(out) != want {
			t.Errorf("round %d: have %d records, want %d", round, len(out), want)
		}
		for i := range out {
			events, err := pipeline.DecodeEvents(&out[i])
			if err != nil {
				t.Fatal(err)
			}
			for i := range events {
				if events[i].ID.Offset != first {
					t.Fatalf("round %d: have the line at %d, want that at %d", round, events[i].ID.Offset, first)
				}
				first++
			}
		}
		if first != next {
			t.Errorf("round %d: have lines up to %d, want %d", round, first, next)
		}
		if s.sources.kept > maxKept || len(s.sources.byID) != 1 {
			t.Errorf("round %d: %d events' room is kept", round, s.sources.kept)
		}
	}
}
