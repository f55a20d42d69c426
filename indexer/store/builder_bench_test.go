package store

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"foghorn/pipeline"
	"foghorn/pipeline/parse"
	"foghorn/pipeline/templates"
)

var (
	benchClock  = regexp.MustCompile(`\b\d\d:\d\d:\d\d\b`)
	benchNumber = regexp.MustCompile(`\d{3,}`)
	benchDate   = regexp.MustCompile(`\b(19|20)\d\d[-/.]\d\d[-/.]\d\d|\b(19|20)\d\d\b`)
)

// benchSystems are real lines by the program that wrote them, if the corpus is at hand, or
// made-up ones.
var benchSystems = sync.OnceValue(func() (systems [][]string) {
	names, _ := filepath.Glob("../../../shared/data/loghub2k/*_2k.log")
	for _, name := range names {
		if b, err := os.ReadFile(name); err == nil {
			systems = append(systems, strings.Split(strings.TrimRight(string(b), "\n"), "\n"))
		}
	}
	if len(systems) == 0 {
		systems = append(systems, benchLines())
	}
	return systems
})

// parsedHead is a head of n parsed lines from 8 hosts, each with numbers and a time of its own,
// as they reach the store; the same every time. first is the number of the first line.
func parsedHead(b *testing.B, first, n int) *head {
	b.Helper()
	systems := benchSystems()
	rnd := rand.New(rand.NewPCG(7, uint64(first)))
	parsers := make([]*parse.Parser, len(systems))
	for i := range parsers {
		parsers[i] = parse.New(parse.Config{})
	}
	miner, scratch := templates.New(templates.DefaultConfig()), &templates.Scratch{}
	ids := make(map[templates.Ref]string)
	offsets := make(map[string]int64)
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC).Add(time.Duration(first) * 200 * time.Microsecond)
	h := newHead()
	for i := range n {
		system := rnd.IntN(len(systems))
		line := systems[system][rnd.IntN(len(systems[system]))]
		text := []byte(line)
		dates := benchDate.FindAllStringIndex(line, -1)
	number:
		for _, d := range benchNumber.FindAllStringIndex(line, -1) {
			for _, date := range dates {
				if d[0] < date[1] && date[0] < d[1] {
					continue number
				}
			}
			text[d[0]] = byte('1' + rnd.IntN(9))
			for k := d[0] + 1; k < d[1]; k++ {
				text[k] = byte('0' + rnd.IntN(10))
			}
		}
		for _, c := range benchClock.FindAllStringIndex(line, -1) {
			at.AppendFormat(text[:c[0]], time.TimeOnly)
		}
		if i%4 == 0 {
			text = fmt.Appendf(text, " id=%016x", mix(uint64(first+i+1)))
		}
		source := "host-" + strconv.Itoa(rnd.IntN(8)) + ":/var/log/" + strconv.Itoa(system) + ".log"
		host, path := pipeline.SplitSource(source)
		l := pipeline.Line{ID: pipeline.LineID{Source: source, Generation: 1, Offset: offsets[source]}, Raw: text,
			Size: int64(len(text)) + 1, Observed: at, Labels: []pipeline.Attr{{Key: "service", Value: "s" + strconv.Itoa(system)}}}
		offsets[source] += l.Size
		e := parsers[system].Parse(&l)
		e.Host, e.Path = host, path
		ref := miner.Add(parsers[system].Message(e.Body), scratch)
		if ids[ref] == "" {
			ids[ref] = fmt.Sprintf("%016x", mix(uint64(len(ids)+1)))
		}
		e.Template = ids[ref]
		h.append(&e, int64(i), int64(i))
		at = at.Add(200 * time.Microsecond)
	}
	return h
}

// BenchmarkBuild writes a segment of 65,536 parsed lines: CPU per line, of the round that
// needed least, and bytes on disk.
func BenchmarkBuild(b *testing.B) {
	const lines = 65536
	view := parsedHead(b, 0, lines).view()
	w, err := newBuilder(OS{}, zstd.SpeedDefault)
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	b.ReportAllocs()
	least := math.Inf(1)
	var size, keys, words, values float64
	for b.Loop() {
		start := cpuSeconds()
		rows := view.sorted()
		f := footer{Number: 1, Rows: int64(len(rows)), Runs: view.runsOf(rows), Offsets: map[int]int64{}}
		seg, terms, err := w.write(dir, "day", &f, view.blocksOf(rows, 8192))
		if err != nil {
			b.Fatal(err)
		}
		size, keys, words, values = float64(seg.size), 0, 0, 0
		for i := range seg.Blocks {
			keys += float64(seg.Blocks[i].Filter.KeysCount)
			words += float64(len(terms[i].words))
			values += float64(len(terms[i].values))
		}
		least = min(least, cpuSeconds()-start)
	}
	b.ReportMetric(least/lines*1e9, "cpu-ns/line")
	b.ReportMetric(size/lines, "B/line")
	b.ReportMetric(keys/lines, "keys/line")
	b.ReportMetric(words, "words")
	b.ReportMetric(values, "values")
}
