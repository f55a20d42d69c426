package shipper

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
	"foghorn/shipper/multiline"
	"foghorn/shipper/redact"
	"foghorn/shipper/tail"
)

// piped sends text through a pipe and the encoder, all at once.
func piped(t *testing.T, cfg Config, limit int, text string) []pipeline.Line {
	t.Helper()
	cfg.Paths = []string{"/*"}
	entries, err := newEntries(&cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := &Shipper{cfg: cfg, entries: entries}
	src := &source{id: "h:/a", path: "/a", set: s.settingsOf("/a")}
	g := &generation{src: src, number: 7}
	g.acked.Store(&mark{})
	p := newPipe(g, limit)
	r := tail.NewReader(limit)
	var out []pipeline.Line
	for cur := tail.At(0); ; {
		lines, next, err := r.Next(strings.NewReader(text), cur)
		if err != nil {
			t.Fatal(err)
		}
		if next == cur {
			break
		}
		cur = next
		p.add(lines, time.Unix(0, 0))
	}
	if p.join != nil {
		p.join.Flush()
	}
	c := p.take()
	if have := c.end.offset; have != int64(len(text)) {
		t.Errorf("mark: want %d, have %d", len(text), have)
	}
	for _, m := range (&lane{}).encode([]*chunk{c}) {
		if size := len(m.Value) + len(m.Key); size > pipeline.MaxMessage/2+64 {
			t.Errorf("a record of %d bytes", size)
		}
		l, err := pipeline.DecodeLine(&m)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, l)
	}
	return out
}

func TestAnEventThatRedactionMakesTooLargeIsTakenApart(t *testing.T) {
	cfg := Config{
		Host: "h", Multiline: multiline.Config{Start: "^S", MaxBytes: 2 << 20, MaxLines: 10_000},
		Redact: []redact.Rule{{Name: "x", Pattern: "x", Replace: strings.Repeat("y", 200)}},
	}
	text := "S\n" + strings.Repeat(strings.Repeat("x", 99)+"\n", 200) // 4 MB of y
	lines := piped(t, cfg, 1<<20, text)
	if len(lines) != 201 {
		t.Fatalf("want 201 lines, have %d", len(lines))
	}
	at := int64(0)
	for _, l := range lines {
		if l.ID.Offset != at || l.Truncated {
			t.Fatalf("a line at %d, truncated %v; want one at %d", l.ID.Offset, l.Truncated, at)
		}
		at += l.Size
	}
}

func TestALineThatRedactionMakesLongerThanTheLimitIsCut(t *testing.T) {
	cfg := Config{Host: "h", Redact: []redact.Rule{{Name: "x", Pattern: "x", Replace: "yyyyyyyyyy"}}}
	have := piped(t, cfg, 30, "xxxx\nx\n")
	want := []pipeline.Line{
		{ID: pipeline.LineID{Source: "h:/a", Generation: 7}, Raw: []byte(strings.Repeat("y", 30)), Size: 5, Truncated: true},
		{ID: pipeline.LineID{Source: "h:/a", Generation: 7, Offset: 5}, Raw: []byte("yyyyyyyyyy"), Size: 2},
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
}

func TestAnEventOfWhichRedactionMakesALineTooLongIsTakenApart(t *testing.T) {
	cfg := Config{
		Host: "h", Multiline: multiline.Config{Start: "^S"},
		Redact: []redact.Rule{{Name: "x", Pattern: "x", Replace: "yyyyyyyyyy"}},
	}
	id := pipeline.LineID{Source: "h:/a", Generation: 7}
	have := piped(t, cfg, 30, "S\nxxxx\n")
	want := []pipeline.Line{{ID: id, Raw: []byte("S"), Size: 2}, {ID: id, Raw: []byte(strings.Repeat("y", 30)), Size: 5, Truncated: true}}
	want[1].ID.Offset = 2
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
}

func TestOriginalLinesOfAJoinedEventAreToldBySizesWhereRedactionChangedThem(t *testing.T) {
	cfg := Config{Host: "h", Multiline: multiline.Config{Continue: `^\s`}, Redact: []redact.Rule{{Name: "email"}}}
	have := piped(t, cfg, 1000, "a@b.cd\n ab\r\n\ne\n f\n g of longer@example.com\n")
	type row struct {
		Offset, Size int64
		Raw          string
		Sizes        []int64
	}
	var rows []row
	for _, l := range have {
		rows = append(rows, row{l.ID.Offset, l.Size, string(l.Raw), l.Sizes})
	}
	want := []row{
		{0, 12, "<email>\n ab\r", []int64{7, 5}},
		{12, 1, "", nil},
		{13, 30, "e\n f\n g of <email>", []int64{2, 3, 25}},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
}

func TestNothingIsOverwrittenWhereEventsStandInTheMemoryOfLines(t *testing.T) {
	var text strings.Builder
	for i := range 3000 {
		text.WriteString(strings.Repeat("n", i%7) + "\n")
		if i%11 == 0 {
			text.WriteString(javaTrace)
		}
		if i%13 == 0 {
			text.WriteString("java.lang.Error: alone\n\n2026 ERROR a\njava.lang.Error: x\nTraceback (most recent call last):\n")
		}
		if i%17 == 0 {
			text.WriteString(strings.Repeat("long", 60) + "\n") // over the limit
		}
	}
	var b strings.Builder
	for _, l := range piped(t, Config{Host: "h"}, 200, text.String()) {
		if l.ID.Offset != int64(b.Len()) {
			t.Fatalf("a line at %d, want one at %d", l.ID.Offset, b.Len())
		}
		b.Write(l.Raw)
		if l.Truncated {
			b.WriteString(strings.Repeat("long", 10))
		}
		b.WriteByte('\n')
	}
	if b.String() != text.String() {
		t.Error("the lines, put together, are not the file")
	}
}
