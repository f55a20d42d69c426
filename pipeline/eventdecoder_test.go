package pipeline

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/plog"
	"pgregory.net/rapid"
)

// A decoder reads each record as a new one would, whatever it read before; and what is said
// to stay does, when the next record is read into the same memory.
func TestEventDecoderReadsOneRecordAfterTheOther(t *testing.T) {
	type names struct{ source, host, path, service, level, template, class string }
	namesOf := func(e *Event) names {
		return names{e.ID.Source, e.Host, e.Path, e.Service, e.SeverityText, e.Template, e.ErrorClass}
	}
	rapid.Check(t, func(t *rapid.T) {
		var d EventDecoder
		var wantClones, clones [][]Event
		var wantNames, haveNames []names
		var wantKeys, keys []string
		var buf []byte
		for range rapid.IntRange(1, 5).Draw(t, "records") {
			want := drawEvents(t)
			m, err := EncodeEvents(0, want)
			if err != nil {
				t.Fatal(err)
			}
			if rapid.IntRange(0, 9).Draw(t, "cut") == 0 && len(m.Value) > 1 {
				if _, err := d.Decode(&Message{Value: m.Value[:len(m.Value)-1]}); err == nil {
					t.Fatal("a record that is cut off: no error")
				}
			}
			for i := range buf {
				buf[i] = 0xff
			}
			buf = append(buf[:0], m.Value...)
			have, err := d.Decode(&Message{Value: buf})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, have); d != "" {
				t.Fatal(d)
			}
			var copies []Event
			for i := range have {
				copies = append(copies, have[i].Clone())
				wantNames, haveNames = append(wantNames, namesOf(&want[i])), append(haveNames, namesOf(&have[i]))
				for k := range have[i].Attrs {
					wantKeys, keys = append(wantKeys, want[i].Attrs[k].Key), append(keys, have[i].Attrs[k].Key)
				}
			}
			wantClones, clones = append(wantClones, want), append(clones, copies)
		}
		for i := range buf {
			buf[i] = 0xff
		}
		if d := cmp.Diff(wantClones, clones); d != "" {
			t.Fatalf("clones: %s", d)
		}
		if d := cmp.Diff(wantNames, haveNames, cmp.AllowUnexported(names{})); d != "" {
			t.Fatalf("names: %s", d)
		}
		if d := cmp.Diff(wantKeys, keys); d != "" {
			t.Fatalf("keys: %s", d)
		}
	})
}

// Values that are no text come as text, by the short way and by the long one.
func TestEventDecoderReadsNumbers(t *testing.T) {
	logs := plog.NewLogs()
	r := logs.ResourceLogs().AppendEmpty()
	r.Resource().Attributes().PutStr(attrSource, "h:/x")
	record := r.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	record.Body().SetStr("hello")
	a := record.Attributes()
	a.PutInt(attrOffset, 1<<40)
	a.PutInt("small", 7)
	a.PutInt("negative", -7)
	a.PutDouble("ratio", 0.25)
	a.PutBool("flag", true)
	a.PutBool("off", false)
	a.PutStr("text", "t")
	a.PutStr("none", "")
	a.PutEmpty("empty")
	a.PutEmptyBytes("bytes").FromRaw([]byte{0xff})
	a.PutStr("long", string(bytes.Repeat([]byte("l"), 300)))
	b, err := (&plog.ProtoMarshaler{}).MarshalLogs(logs)
	if err != nil {
		t.Fatal(err)
	}
	events, err := DecodeEvents(&Message{Value: b})
	if err != nil {
		t.Fatal(err)
	}
	want := []Event{{
		ID: LineID{Source: "h:/x", Offset: 1 << 40}, Size: 6, Body: []byte("hello"),
		Attrs: []Attr{
			{"small", "7"}, {"negative", "-7"}, {"ratio", "0.25"}, {"flag", "true"}, {"off", "false"}, {"text", "t"},
			{"none", ""}, {"empty", ""}, {"bytes", "\xff"}, {"long", string(bytes.Repeat([]byte("l"), 300))},
		},
	}}
	if d := cmp.Diff(want, events); d != "" {
		t.Error(d)
	}
}

// A record of many events does not leave its memory behind.
func TestEventDecoderForgetsLargeRecords(t *testing.T) {
	m, err := EncodeEvents(0, benchEvents(maxKept+1))
	if err != nil {
		t.Fatal(err)
	}
	var d EventDecoder
	if events, err := d.Decode(&m); err != nil || len(events) != maxKept+1 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	if m, err = EncodeEvents(0, benchEvents(3)); err != nil {
		t.Fatal(err)
	}
	if events, err := d.Decode(&m); err != nil || len(events) != 3 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	if cap(d.events) > 16 || cap(d.attrs) > 64 {
		t.Errorf("room for %d events and %d attributes is kept", cap(d.events), cap(d.attrs))
	}
}
