package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"pgregory.net/rapid"
)

// drawEvents draws events of one source.
func drawEvents(t *rapid.T) []Event {
	text := rapid.OneOf(rapid.String(), rapid.Just(""), rapid.StringMatching(`[a-z0-9.\-]{1,12}`))
	raw := rapid.OneOf(rapid.SliceOfN(rapid.Byte(), 0, 200), rapid.Custom(func(t *rapid.T) []byte { return []byte(rapid.String().Draw(t, "s")) }))
	value := rapid.OneOf(text, rapid.Custom(func(t *rapid.T) string { return string(raw.Draw(t, "v")) }))
	source := rapid.StringMatching(`[a-z]{1,5}:/[a-z/]{1,9}`).Draw(t, "source")
	events := make([]Event, rapid.IntRange(1, 12).Draw(t, "n"))
	var generation uint64
	for i := range events {
		if i == 0 || rapid.IntRange(0, 3).Draw(t, "turn") == 0 {
			generation = rapid.Uint64().Draw(t, "generation")
		}
		e := &events[i]
		*e = Event{
			ID:        LineID{source, generation, rapid.Int64Min(0).Draw(t, "offset")},
			Truncated: rapid.Bool().Draw(t, "truncated"), TimeObserved: rapid.Bool().Draw(t, "observed"),
			Host: value.Draw(t, "host"), Path: value.Draw(t, "path"), Service: value.Draw(t, "service"),
			Timestamp: rapid.Int64().Draw(t, "ts"), Observed: rapid.Int64().Draw(t, "ots"),
			Severity:     Severity(rapid.IntRange(0, 24).Draw(t, "severity")),
			SeverityText: text.Draw(t, "level"), Template: value.Draw(t, "template"),
			TraceID:    rapid.OneOf(rapid.StringMatching(`[0-9a-f]{32}`), text).Draw(t, "trace"),
			SpanID:     rapid.OneOf(rapid.StringMatching(`[0-9a-f]{16}`), text).Draw(t, "span"),
			ErrorClass: rapid.SampledFrom([]string{"", ErrorServer, ErrorClient}).Draw(t, "class"),
			Body:       raw.Draw(t, "body"),
		}
		e.Size = int64(len(e.Body)) + 1
		if rapid.Bool().Draw(t, "odd") {
			e.Size = rapid.Int64Min(0).Draw(t, "size")
		} else if rapid.Bool().Draw(t, "redacted") {
			e.Size, e.Sizes = 0, rapid.SliceOfN(rapid.Int64Range(0, 1<<31-1), 1+bytes.Count(e.Body, []byte{'\n'}), 1+bytes.Count(e.Body, []byte{'\n'})).Draw(t, "sizes")
			for _, n := range e.Sizes {
				e.Size += n
			}
		}
		for j := range rapid.IntRange(0, 6).Draw(t, "attrs") {
			e.Attrs = append(e.Attrs, Attr{fmt.Sprintf("%d.%s", j, rapid.StringMatching(`[a-z.]{1,20}`).Draw(t, "key")), value.Draw(t, "value")})
		}
	}
	return events
}

func TestDecodedEventsAreTheEncodedOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawEvents(t)
		m, err := EncodeEvents(3, want)
		if err != nil {
			t.Fatal(err)
		}
		if m.Topic != TopicEvents || m.Partition != 3 || string(m.Key) != want[0].ID.Source {
			t.Fatalf("record to %s/%d, key %q", m.Topic, m.Partition, m.Key)
		}
		have, err := DecodeEvents(&m)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, have); d != "" {
			t.Fatal(d)
		}
	})
}

// The room that is made for a record bounds what is written, and is seldom much more.
func TestRecordSizeBoundsWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		for i := range events {
			e, first := &events[i], &events[0]
			n, bound := len(appendRecord(nil, e, first)), recordSize(e, first)
			if n > bound || bound > n+200+30*len(e.Sizes) {
				t.Fatalf("%d bytes, room for %d: %+v", n, bound, e)
			}
		}
	})
}

// The collector's own library reads our bytes as the same events, and we read what it
// makes of them when it writes them again.
func TestPdataReadsOurBytesAndWeReadPdatas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawEvents(t)
		m, err := EncodeEvents(0, want)
		if err != nil {
			t.Fatal(err)
		}
		logs, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(m.Value)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, pdataEvents(logs)); d != "" {
			t.Fatalf("pdata reads our bytes: %s", d)
		}
		if m.Value, err = (&plog.ProtoMarshaler{}).MarshalLogs(logs); err != nil {
			t.Fatal(err)
		}
		have, err := DecodeEvents(&m)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, have); d != "" {
			t.Fatalf("we read pdata's bytes: %s", d)
		}
	})
}

// pdataEvents reads events through pdata's accessors.
func pdataEvents(logs plog.Logs) []Event {
	var events []Event
	for i := range logs.ResourceLogs().Len() {
		r := logs.ResourceLogs().At(i)
		base := Event{}
		for k, v := range r.Resource().Attributes().All() {
			switch k {
			case attrSource:
				base.ID.Source = pdataText(v)
			case attrGeneration:
				base.ID.Generation, _ = strconv.ParseUint(v.Str(), 16, 64)
			case attrHost:
				base.Host = pdataText(v)
			case attrPath:
				base.Path = pdataText(v)
			}
		}
		records := r.ScopeLogs().At(0).LogRecords()
		for k := range records.Len() {
			events = append(events, base)
			pdataEvent(&events[len(events)-1], records.At(k))
		}
	}
	return events
}

func pdataEvent(e *Event, r plog.LogRecord) {
	e.Timestamp, e.Observed = int64(r.Timestamp()), int64(r.ObservedTimestamp())
	e.Severity, e.SeverityText = Severity(r.SeverityNumber()), r.SeverityText()
	e.Body = []byte(pdataText(r.Body()))
	e.Size = int64(len(e.Body)) + 1
	if id := r.TraceID(); !id.IsEmpty() {
		e.TraceID = id.String()
	}
	if id := r.SpanID(); !id.IsEmpty() {
		e.SpanID = id.String()
	}
	for k, v := range r.Attributes().All() {
		switch k {
		case attrOffset:
			e.ID.Offset = v.Int()
		case attrSize:
			e.Size = v.Int()
		case attrSizes:
			e.Sizes, _ = decodeSizes(v.Str())
		case attrTruncated:
			e.Truncated = v.Bool()
		case attrNoTime:
			e.TimeObserved = v.Bool()
		case attrService:
			e.Service = pdataText(v)
		case attrHost:
			e.Host = pdataText(v)
		case attrPath:
			e.Path = pdataText(v)
		case attrTemplate:
			e.Template = pdataText(v)
		case attrErrorClass:
			e.ErrorClass = v.Str()
		case attrTrace:
			e.TraceID = pdataText(v)
		case attrSpan:
			e.SpanID = pdataText(v)
		default:
			e.Attrs = append(e.Attrs, Attr{k, pdataText(v)})
		}
	}
}

func pdataText(v pcommon.Value) string {
	if v.Type() == pcommon.ValueTypeBytes {
		return string(v.Bytes().AsRaw())
	}
	return v.Str()
}

// Lengths are written behind what they count, whatever room that takes.
func TestEventsOfAnySizeComeBack(t *testing.T) {
	whole := cmp.Comparer(bytes.Equal)
	var want []Event
	for g, around := range []int{0, 60, 128, 1 << 14, 1 << 21} {
		for n := max(around-60, 0); n < around+4; n++ {
			body := bytes.Repeat([]byte{'x'}, n)
			want = append(want, Event{
				ID: LineID{"s", uint64(g), int64(n)}, Size: int64(n) + 1, Body: body,
				Attrs: []Attr{{"k", string(body[n/2:])}},
			})
			if around == 1<<21 {
				n += 20
			}
		}
	}
	m, err := EncodeEvents(0, want)
	if err != nil {
		t.Fatal(err)
	}
	have, err := DecodeEvents(&m)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, have, whole); d != "" {
		t.Fatal(d)
	}
	logs, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(m.Value)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, pdataEvents(logs), whole); d != "" {
		t.Fatalf("pdata reads our bytes: %s", d)
	}
}

func TestEncodeEventsRefusesTwoSources(t *testing.T) {
	events := benchEvents(2)
	events[1].ID.Source = "other:/x"
	if _, err := EncodeEvents(0, events); err == nil {
		t.Error("events of two sources in one record: no error")
	}
}

// Every beginning of a record decodes to an error or to events, never to a panic, and a
// record that is no batch is told as such.
func TestDecodeEventsOfDamagedRecords(t *testing.T) {
	m, err := EncodeEvents(0, benchEvents(3))
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n < len(m.Value); n++ {
		if _, err := DecodeEvents(&Message{Value: m.Value[:n]}); !errors.Is(err, ErrBadBatch) {
			t.Fatalf("first %d of %d bytes: %v, want ErrBadBatch", n, len(m.Value), err)
		}
	}
}

// A record of another producer of OTLP has no identity of lines: it is told, not guessed.
func TestDecodeEventsOfAnotherProducersBatch(t *testing.T) {
	logs := plog.NewLogs()
	r := logs.ResourceLogs().AppendEmpty()
	record := r.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	record.Body().SetStr("hello")
	decode := func() error {
		b, err := (&plog.ProtoMarshaler{}).MarshalLogs(logs)
		if err != nil {
			t.Fatal(err)
		}
		_, err = DecodeEvents(&Message{Value: b})
		return err
	}
	if err := decode(); !errors.Is(err, ErrBadBatch) || !strings.Contains(err.Error(), attrSource) {
		t.Errorf("without a source: %v", err)
	}
	r.Resource().Attributes().PutStr(attrSource, "h:/x")
	if err := decode(); !errors.Is(err, ErrBadBatch) || !strings.Contains(err.Error(), attrOffset) {
		t.Errorf("without an offset: %v", err)
	}
	record.Attributes().PutInt(attrOffset, 5)
	if err := decode(); err != nil {
		t.Errorf("with both: %v", err)
	}
	record.Attributes().PutEmptySlice("list").AppendEmpty().SetStr("x")
	if err := decode(); !errors.Is(err, ErrBadBatch) || !strings.Contains(err.Error(), "list") {
		t.Errorf("with a list as attribute: %v", err)
	}
}

// Whatever we can decode, we can encode again to the same events; nothing panics.
func FuzzEventCodec(f *testing.F) {
	for _, n := range []int{1, 2, 5} {
		m, err := EncodeEvents(0, benchEvents(n))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(m.Value)
	}
	f.Add([]byte{0x0a, 0x00})
	f.Fuzz(func(t *testing.T, b []byte) {
		events, err := DecodeEvents(&Message{Value: b})
		if err != nil || len(events) == 0 {
			return
		}
		for i := range events {
			if events[i].ID.Source != events[0].ID.Source {
				return // not one of ours
			}
		}
		m, err := EncodeEvents(0, events)
		if err != nil {
			t.Fatal(err)
		}
		again, err := DecodeEvents(&m)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(events, again); d != "" {
			t.Fatal(d)
		}
	})
}
