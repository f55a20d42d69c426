package store

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"foghorn/pipeline"
	"foghorn/pipeline/parse"
	"foghorn/pipeline/templates"
)

// parsedRecords are records of logs.events of n parsed lines from 4 hosts, about 500 lines
// each, as the pipeline writes them.
func parsedRecords(b *testing.B, n int) (records []pipeline.Message) {
	b.Helper()
	systems := benchSystems()
	parsers := make([]*parse.Parser, len(systems))
	for i := range parsers {
		parsers[i] = parse.New(parse.Config{})
	}
	miner, scratch := templates.New(templates.DefaultConfig()), &templates.Scratch{}
	ids := make(map[templates.Ref]string)
	offsets, next := make(map[string]int64), make(map[string]int)
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	for r := 0; n > 0; r++ {
		system := r % len(systems)
		source := "host-" + strconv.Itoa(r/len(systems)%4) + ":/var/log/" + strconv.Itoa(system) + ".log"
		host, path := pipeline.SplitSource(source)
		events := make([]pipeline.Event, min(500, n))
		for i := range events {
			text := []byte(systems[system][next[source]%len(systems[system])])
			next[source]++
			l := pipeline.Line{ID: pipeline.LineID{Source: source, Generation: 1, Offset: offsets[source]}, Raw: text,
				Size: int64(len(text)) + 1, Observed: at, Labels: []pipeline.Attr{{Key: "service.name", Value: "s" + strconv.Itoa(system)}}}
			offsets[source] += l.Size
			events[i] = parsers[system].Parse(&l)
			e := &events[i]
			e.Host, e.Path = host, path
			ref := miner.Add(parsers[system].Message(e.Body), scratch)
			if ids[ref] == "" {
				ids[ref] = fmt.Sprintf("%016x", mix(uint64(len(ids)+1)))
			}
			e.Template = ids[ref]
			at = at.Add(200 * time.Microsecond)
		}
		n -= len(events)
		m, err := pipeline.EncodeEvents(0, events)
		if err != nil {
			b.Fatal(err)
		}
		records = append(records, m)
	}
	return records
}

// BenchmarkAppend reads the records of 131,072 parsed lines into a head: CPU and memory per
// line, and what the head holds.
func BenchmarkAppend(b *testing.B) {
	const lines = 131072
	records := parsedRecords(b, lines)
	b.ReportAllocs()
	start := cpuSeconds()
	var h *head
	var d pipeline.EventDecoder
	for b.Loop() {
		l := newLedger()
		h = newHead()
		for i := range records {
			events, err := d.Decode(&records[i])
			if err != nil {
				b.Fatal(err)
			}
			for j := range events {
				if e, seq, line, _ := l.take(&events[j]); e != nil {
					h.append(e, seq, line)
				}
			}
		}
	}
	b.ReportMetric((cpuSeconds()-start)/float64(b.N)/lines*1e9, "cpu-ns/line")
	b.ReportMetric(float64(h.memory)/lines, "head-B/line")
	b.ReportMetric(float64(len(h.names.commons)), "commons")
}
