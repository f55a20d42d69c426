package loki

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
	"foghorn/shipper/intake/entry"
	"foghorn/shipper/intake/wire"
)

var limits = entry.Limits{Lines: 100_000, Line: 1 << 20, Attrs: 128, Value: 8 << 10, Size: 64 << 20, Depth: 8}

func newBatch() *entry.Batch {
	b := entry.New(limits, entry.NewSources(100))
	b.Reset(entry.Origin{Endpoint: "loki", Peer: "10.0.0.7", Observed: time.Unix(0, 1)})
	return b
}

func text(lines []pipeline.Line) (out []string) {
	for i := range lines {
		l := &lines[i]
		s := fmt.Sprintf("%q", l.Raw)
		for _, a := range l.Labels {
			s += " " + a.Key + "=" + a.Value
		}
		out = append(out, s)
	}
	return out
}

// message writes fields; number 1 to 3 as the push request has them.
type message []byte

func (m message) bytes(number int, v string) message {
	m = binary.AppendUvarint(m, uint64(number)<<3|wire.Bytes)
	return append(binary.AppendUvarint(m, uint64(len(v))), v...)
}

func (m message) varint(number int, v uint64) message { return wire.AppendVarint(m, number, v) }

// protoEntry is an entry at 1700000000.123456789 s plus n ns.
func protoEntry(n int, line string, metadata ...string) string {
	at := message{}.varint(timeSeconds, 1700000000).varint(timeNanos, uint64(123456789+n))
	m := message{}.bytes(entryTime, string(at)).bytes(entryLine, line)
	for i := 0; i+1 < len(metadata); i += 2 {
		m = m.bytes(entryMetadata, string(message{}.bytes(pairName, metadata[i]).bytes(pairValue, metadata[i+1])))
	}
	return string(m)
}

func protoStream(labels string, entries ...string) string {
	m := message{}.bytes(streamLabels, labels)
	for _, e := range entries {
		m = m.bytes(streamEntries, e)
	}
	return string(m)
}

func protoRequest(streams ...string) []byte {
	var m message
	for _, s := range streams {
		m = m.bytes(requestStreams, s)
	}
	return m
}

func TestPushProtobuf(t *testing.T) {
	b := newBatch()
	refused, err := Proto(protoRequest(
		protoStream(`{env="prod", host="web-1:9100", job="shop/cart", level="warn"}`,
			protoEntry(0, "first", "trace_id", "5b8efff798038103d269b633813fc60c", "user", "zoë"),
			protoEntry(1, "second\n", "level", "loud")),
		// Fields in another order, an entry without a time.
		string(message{}.bytes(streamEntries, string(message{}.bytes(entryLine, "third"))).bytes(streamLabels, `{service_name="api"}`).varint(3, 12345)),
	), b)
	if err != nil || refused != 0 {
		t.Fatal(refused, err)
	}
	want := []string{
		`"first" foghorn.timestamp=1700000000123456789 foghorn.severity_text=warn foghorn.trace_id=5b8efff798038103d269b633813fc60c foghorn.host=web-1:9100 env=prod job=shop/cart foghorn.service=shop/cart user=zoë`,
		`"second" foghorn.timestamp=1700000000123456790 foghorn.severity_text=warn foghorn.host=web-1:9100 env=prod job=shop/cart foghorn.service=shop/cart level=loud`,
		`"third" foghorn.peer=10.0.0.7 foghorn.service=api`,
	}
	if d := cmp.Diff(want, text(b.Lines)); d != "" {
		t.Errorf("-want +have\n%s", d)
	}
	one, two, three := b.Lines[0].ID.Source, b.Lines[1].ID.Source, b.Lines[2].ID.Source
	if one != two || one == three || !strings.HasPrefix(one, "web-1-9100:/loki/shop/cart/") || !strings.HasPrefix(three, "10.0.0.7:/loki/api/") {
		t.Errorf("sources %s, %s, %s", one, two, three)
	}
}

// A stream is a source of its own, whatever the order of its labels.
func TestAStreamIsASource(t *testing.T) {
	source := func(labels string) string {
		b := newBatch()
		if _, err := Proto(protoRequest(protoStream(labels, protoEntry(0, "x"))), b); err != nil {
			t.Fatal(err)
		}
		return b.Lines[0].ID.Source
	}
	if a, b := source(`{a="1",b="2"}`), source(`{ b="2" , a="1", }`); a != b {
		t.Errorf("%s and %s", a, b)
	}
	if a, b := source(`{a="1",b="2"}`), source(`{a="1",b="3"}`); a == b {
		t.Errorf("two streams are one source, %s", a)
	}
}

func TestPushJSON(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"as documented", `{"streams":[{"stream":{"job":"shop"},"values":[["1700000000123456789","a \"line\"\n"],["1700000000123456790","b",{"trace_id":"5b8efff798038103d269b633813fc60c","n":7}]]}]}`,
			`"a \"line\"" foghorn.timestamp=1700000000123456789 foghorn.peer=10.0.0.7 job=shop foghorn.service=shop` + "\n" +
				`"b" foghorn.timestamp=1700000000123456790 foghorn.trace_id=5b8efff798038103d269b633813fc60c foghorn.peer=10.0.0.7 job=shop foghorn.service=shop n=7`},
		{"values first, time as a number", `{"streams":[{"values":[[1700000000000000001,"x"]],"other":[{}],"stream":{"host":"h"}}]}`,
			`"x" foghorn.timestamp=1700000000000000001`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBatch()
			if refused, err := JSON([]byte(c.body), b); err != nil || refused != 0 {
				t.Fatal(refused, err)
			}
			if have := strings.Join(text(b.Lines), "\n"); have != c.want {
				t.Errorf("have %s\nwant %s", have, c.want)
			}
		})
	}
}

// As in Loki, a stream whose labels cannot be read is refused alone.
func TestABadStreamIsRefusedAlone(t *testing.T) {
	b := newBatch()
	refused, err := Proto(protoRequest(
		protoStream(`{a="1"}`, protoEntry(0, "one")), protoStream(`{}`, protoEntry(0, "two"), protoEntry(0, "three")),
		protoStream(`{a=1}`, protoEntry(0, "four")), protoStream(`{a="2"}`, protoEntry(0, "five")),
	), b)
	const want = "error at least one label pair is required per stream\nerror parsing labels '{a=1}' with error: 1:4: parse error: unexpected '1', expected a string"
	if fmt.Sprint(err) != want || refused != 3 || len(b.Lines) != 2 {
		t.Errorf("%d refused, %q, %v", refused, text(b.Lines), err)
	}
	b = newBatch()
	refused, err = JSON([]byte(`{"streams":[{"values":[["1","x"]],"stream":{}},{"stream":{"a":"1"},"values":[["2","y"]]}]}`), b)
	if !errors.Is(err, ErrNoLabels) || refused != 1 || len(b.Lines) != 1 {
		t.Errorf("JSON: %d refused, %q, %v", refused, text(b.Lines), err)
	}
}

func TestBodiesThatAreNoRequest(t *testing.T) {
	var malformed *Malformed
	good := protoRequest(protoStream(`{a="1"}`, protoEntry(0, "one")))
	for _, body := range [][]byte{{0}, {0x0a, 9}, good[:len(good)-1],
		protoRequest(protoStream(`{a="1"}`, string(message{}.bytes(entryTime, string(message{}.varint(timeNanos, 1e9))))))} {
		if _, err := Proto(body, newBatch()); !errors.As(err, &malformed) {
			t.Errorf("%q: %v", body, err)
		}
	}
	for _, body := range []string{``, `[]`, `{"streams":{}}`, `{"streams":[{"stream":{"a":1},"values":[]}]}`, `{"streams":[]} x`,
		`{"streams":[{"stream":{"a":"1"},"values":[["x","line"]]}]}`, `{"streams":[{"stream":{"a":"1"},"values":[["1"]]}]}`, `{"streams":[{"stream":{"a":"1"},"values":[["1",{}]]}]}`} {
		if _, err := JSON([]byte(body), newBatch()); !errors.As(err, &malformed) {
			t.Errorf("%s: %v", body, err)
		}
	}
	for _, body := range []string{`{}`, `{"streams":[]}`} {
		if _, err := JSON([]byte(body), newBatch()); !errors.Is(err, ErrNoStreams) {
			t.Errorf("%s: %v", body, err)
		}
	}
	if _, err := Proto(nil, newBatch()); !errors.Is(err, ErrNoStreams) {
		t.Errorf("empty: %v", err)
	}
}

func TestLabelSets(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`{a="b"}`, `a=b`},
		{` { b = "2" ,a='1', c=` + "`\\n`" + ` } `, `a=1|b=2|c=\n`},
		{`{a="q\"\\\n\t\x41\u00e9\101",}`, "a=q\"\\\n\tA\u00e9A"},
		{`{a="é}"}`, `a=é}`},
		{`{a=""}`, `a=`},
		{`{`, `1:2: parse error: unexpected end of input, expected a label name or "}"`},
		{`a="b"`, `1:1: parse error: unexpected 'a', expected "{"`},
		{`{1a="b"}`, `1:2: parse error: unexpected '1', expected a label name or "}"`},
		{`{a"b"}`, `1:3: parse error: unexpected '"', expected "="`},
		{`{a="b" c="d"}`, `1:8: parse error: unexpected 'c', expected "," or "}"`},
		{`{a="b"} x`, `1:9: parse error: unexpected 'x', expected the end`},
		{`{a="b}`, `1:7: parse error: the string does not end`},
		{`{a="\q"}`, `1:5: parse error: unknown escape sequence`},
		{`{a="1",a="2"}`, `stream '{a="1",a="2"}' has duplicate label name: 'a'`},
	} {
		labels, err := parseLabels(nil, []byte(c.text))
		var parts []string
		for _, l := range labels {
			parts = append(parts, string(l.name)+"="+string(l.value))
		}
		have := strings.Join(parts, "|")
		if err != nil {
			have = err.Error()
		}
		if !strings.HasSuffix(have, c.want) || err == nil && have != c.want {
			t.Errorf("%s: have %q, want %q", c.text, have, c.want)
		}
	}
}

// No body makes the decoder panic.
func FuzzProto(f *testing.F) {
	f.Add(protoRequest(protoStream(`{a="1"}`, protoEntry(0, "one", "k", "v")), protoStream(`{`, protoEntry(1, ""))))
	f.Fuzz(func(t *testing.T, body []byte) {
		b := newBatch()
		_, _ = Proto(body, b)
		text(b.Lines)
	})
}

// No body makes the decoder panic.
func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"streams":[{"values":[["1","x\u00e9",{"a":"b"}]],"stream":{"a":"1"}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		b := newBatch()
		_, _ = JSON(body, b)
		text(b.Lines)
	})
}

// No label set makes the parser panic, and what it reads it reads again when written anew.
func FuzzLabels(f *testing.F) {
	f.Add([]byte(`{a="b\"", c='d', e="\u00e9\x41"}`))
	f.Fuzz(func(t *testing.T, set []byte) {
		labels, err := parseLabels(nil, set)
		if err != nil {
			return
		}
		again := []byte("{")
		for _, l := range labels {
			again = fmt.Appendf(again, "%s=\"", l.name)
			for _, c := range l.value {
				again = fmt.Appendf(again, `\x%02x`, c)
			}
			again = append(again, '"', ',')
		}
		have, err := parseLabels(nil, append(again, '}'))
		if err != nil || fmt.Sprint(have) != fmt.Sprint(labels) {
			t.Errorf("%q: %v, %v", set, have, err)
		}
	})
}

func benchmark(b *testing.B, body []byte, decode func([]byte, *entry.Batch) (int, error)) {
	batch, scratch := newBatch(), make([]byte, len(body))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	lines := 0
	for b.Loop() {
		copy(scratch, body)
		batch.Reset(entry.Origin{Endpoint: "loki", Peer: "p", Observed: time.Unix(0, 1)})
		if _, err := decode(scratch, batch); err != nil {
			b.Fatal(err)
		}
		lines += len(batch.Lines)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(lines), "ns/line")
}

var benchLine = strings.Repeat("GET /api/cart/42 200 ", 10)[:200]

func BenchmarkProto(b *testing.B) {
	entries := make([]string, 1000)
	for i := range entries {
		entries[i] = protoEntry(i, benchLine)
	}
	benchmark(b, protoRequest(protoStream(`{env="prod",host="web-1",job="shop/cart",namespace="shop",pod="cart-7f9c"}`, entries...)), Proto)
}

func BenchmarkJSON(b *testing.B) {
	values := make([]string, 1000)
	for i := range values {
		values[i] = fmt.Sprintf(`["%d","%s"]`, 1700000000123456789+i, benchLine)
	}
	benchmark(b, []byte(`{"streams":[{"stream":{"env":"prod","host":"web-1","job":"shop/cart","namespace":"shop","pod":"cart-7f9c"},"values":[`+strings.Join(values, ",")+`]}]}`), JSON)
}
