package api

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"foghorn/indexer/search"
	"foghorn/pipeline"
)

// plainHit is what appendHit gives, written the plain way.
func plainHit(h *search.Hit, mode search.Mode, fields bool) string {
	e := h.Event
	var members []string
	add := func(name, value string) { members = append(members, plainText(name)+":"+value) }
	text := func(name, value string) {
		if value != "" {
			add(name, plainText(value))
		}
	}
	exact := func(name, value string) {
		if !utf8.ValidString(value) {
			name, value = name+"_base64", base64.StdEncoding.EncodeToString([]byte(value))
		}
		add(name, plainText(value))
	}
	moment := func(nanos int64) string { return plainText(time.Unix(0, nanos).UTC().Format(time.RFC3339Nano)) }
	if mode == search.Lines {
		add("timestamp", moment(e.Timestamp))
	}
	exact("source", e.ID.Source)
	if e.Host != "" {
		exact("host", e.Host)
	}
	if e.Path != "" {
		exact("path", e.Path)
	}
	switch mode {
	case search.Counts:
		add("count", fmt.Sprint(h.Count))
		return "{" + strings.Join(members, ",") + "}"
	case search.Sources:
		return "{" + strings.Join(members, ",") + "}"
	}
	text("service", e.Service)
	text("level", e.Severity.String())
	add("generation", fmt.Sprintf(`"%d"`, e.ID.Generation))
	add("offset", fmt.Sprint(e.ID.Offset))
	if h.LineNumber > 0 {
		add("n", fmt.Sprint(h.LineNumber))
	}
	if h.Context {
		add("context", "true")
	}
	if h.Group {
		add("group", "true")
	}
	exact("line", string(e.Body))
	if e.Truncated {
		add("truncated", "true")
	}
	if !fields {
		return "{" + strings.Join(members, ",") + "}"
	}
	if e.TimeObserved {
		add("time_observed", "true")
	}
	if e.Observed != 0 {
		add("observed_timestamp", moment(e.Observed))
	}
	text("severity_text", e.SeverityText)
	text("trace_id", e.TraceID)
	text("span_id", e.SpanID)
	text("template", e.Template)
	text("error_class", e.ErrorClass)
	if len(e.Attrs) > 0 {
		var attrs []string
		for _, a := range e.Attrs {
			attrs = append(attrs, plainText(a.Key)+":"+plainText(a.Value))
		}
		add("fields", "{"+strings.Join(attrs, ",")+"}")
	}
	return "{" + strings.Join(members, ",") + "}"
}

func plainText(s string) string {
	var b strings.Builder
	for _, r := range s { // a byte that is no UTF-8 comes as U+FFFD
		switch {
		case r == '"', r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return `"` + b.String() + `"`
}

// randomBytes are a text of pieces that matter to JSON, to UTF-8 and to words of eight bytes.
func randomBytes(r *rand.Rand) string {
	pieces := []string{"a", "word ", "12345678", `"`, `\`, "\n", "\t", "\r", "\x00", "\x1f", "\x7f", "ä", "€", "😀", "\u2028", "\ufffd", "\xff", "\xc3", "\xed\xa0\x80", "!", "[", "]", "#"}
	if r.IntN(3) > 0 {
		pieces = pieces[:3+r.IntN(len(pieces)-3)]
	}
	var b strings.Builder
	for range r.IntN(30) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

// TestEncodingIsThatOfThePlainWay: hits of many sources, generations and times, one after
// another through one encoder.
func TestEncodingIsThatOfThePlainWay(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	names := make([]string, 200)
	for i := range names {
		names[i] = randomBytes(r)
	}
	name := func() string { return names[r.IntN(len(names))] }
	for _, mode := range []search.Mode{search.Lines, search.Counts, search.Sources} {
		for _, fields := range []bool{true, false} {
			c := &encoder{mode: mode, fields: fields}
			second := int64(1795334400)
			for range 5000 {
				switch r.IntN(10) {
				case 0:
					second = r.Int64N(1 << 33)
				case 1:
					second = -r.Int64N(1 << 33)
				case 2:
					second++
				}
				nanos := []int64{0, 1, 999_999_999, 250_000_000, 120_034_000, r.Int64N(1e9)}[r.IntN(6)]
				e := pipeline.Event{
					ID:        pipeline.LineID{Source: name(), Generation: r.Uint64N(3) * r.Uint64(), Offset: r.Int64N(1 << uint(1+r.IntN(60)))},
					Timestamp: second*1e9 + nanos,
					Body:      []byte(randomBytes(r)),
					Severity:  pipeline.Severity(r.IntN(25)),
					Truncated: r.IntN(2) == 0, TimeObserved: r.IntN(2) == 0,
				}
				for _, to := range []*string{&e.Host, &e.Path, &e.Service, &e.SeverityText, &e.TraceID, &e.SpanID, &e.Template} {
					if r.IntN(2) == 0 {
						*to = name()
					}
				}
				if r.IntN(2) == 0 {
					e.ErrorClass = pipeline.ErrorServer
					e.Observed = e.Timestamp + r.Int64N(3e9)
				}
				for range r.IntN(4) {
					e.Attrs = append(e.Attrs, pipeline.Attr{Key: name(), Value: name()})
				}
				h := &search.Hit{Event: &e, LineNumber: r.Int64N(3) * r.Int64N(1e6), Context: r.IntN(2) == 0, Group: r.IntN(2) == 0, Count: r.Int64N(1e6)}
				have, want := string(c.appendHit([]byte("before"), h)), "before"+plainHit(h, mode, fields)
				if have != want {
					t.Fatalf("mode %v, fields %t (-plain +have)\n%s", mode, fields, cmp.Diff(want, have))
				}
			}
		}
	}
}
