package bulk

import (
	stdjson "encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
	"foghorn/shipper/intake/entry"
)

var limits = entry.Limits{Lines: 100_000, Line: 1 << 20, Attrs: 128, Value: 8 << 10, Size: 64 << 20, Depth: 8}

func newBatch() *entry.Batch {
	b := entry.New(limits, entry.NewSources(100))
	b.Reset(entry.Origin{Endpoint: "bulk", Peer: "10.0.0.7", Observed: time.Unix(0, 1)})
	return b
}

func text(lines []pipeline.Line) (out []string) {
	for i := range lines {
		out = append(out, lines[i].ID.Source+" "+string(lines[i].Raw))
	}
	return out
}

func TestDocumentsAsTheyWereSent(t *testing.T) {
	body := strings.Join([]string{
		`{"create":{}}`, `{ "message" : "a\u0041",  "x":1 }`,
		`{"index":{"_index":"logs-\u0061pp","_id":"7","routing":null}}`, `{"message":"b"}`,
		``, `{"delete":{"_id":"7"}}`,
		`{"update":{"_id":"7","_index":"x"}}`, `{"doc":{}}`,
		`{ "index" : { } }` + "\r", `{"message":"c"}` + "\r",
		`{"create":{}}`, `no object`, "",
	}, "\n")
	b := newBatch()
	items, err := Read([]byte(body), "app", b, nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{`10.0.0.7:/bulk/app { "message" : "a\u0041",  "x":1 }`, `10.0.0.7:/bulk/logs-app {"message":"b"}`, `10.0.0.7:/bulk/app {"message":"c"}`}, text(b.Lines)); d != "" {
		t.Errorf("-want +have\n%s", d)
	}
	if !b.Dated {
		t.Error("an _id is not taken for an identity")
	}
	const want = `{"took":3,"errors":true,"items":[` +
		`{"create":{"_index":"app","_version":1,"result":"created","status":201}},` +
		`{"index":{"_index":"logs-app","_id":"7","_version":1,"result":"created","status":201}},` +
		`{"delete":{"_index":"app","_id":"7","status":400,"error":{"type":"illegal_argument_exception","reason":"only write ops with an op_type of create are allowed in data streams"}}},` +
		`{"update":{"_index":"x","_id":"7","status":400,"error":{"type":"illegal_argument_exception","reason":"only write ops with an op_type of create are allowed in data streams"}}},` +
		`{"index":{"_index":"app","_version":1,"result":"created","status":201}},` +
		`{"create":{"_index":"app","status":400,"error":{"type":"document_parsing_exception","reason":"failed to parse: the document must be a JSON object on one line"}}}]}` + "\n"
	if have := string(Answer(nil, items, 3, "app", "")); have != want {
		t.Errorf("have %s\nwant %s", have, want)
	}
	for _, c := range []struct{ filter, want string }{
		{"errors,items.*.error,items.*.status", `{"errors":false,"items":[{"create":{"status":201}}]}`},
		{"errors", `{"errors":false}`},
		{"took,errors,items", `{"took":3,"errors":false,"items":[{"create":{"_index":"app","_version":1,"result":"created","status":201}}]}`},
	} {
		if have := string(Answer(nil, items[:1], 3, "app", c.filter)); have != c.want+"\n" {
			t.Errorf("filter %s: have %s, want %s", c.filter, have, c.want)
		}
	}
}

// A request that Elasticsearch refuses whole is refused in its words.
func TestRequestsThatAreRefusedWhole(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{``, `request body is required`},
		{`{"create":{}}` + "\n" + `{}`, `The bulk request must be terminated by a newline [\n]`},
		{"\n\n", `Validation Failed: 1: no requests added;`},
		{`"x"` + "\n{}\n", `Malformed action/metadata line [1], expected START_OBJECT but found [VALUE_STRING]`},
		{`{"create":{}}` + "\n{}\n" + `{"message":"x"}` + "\n{}\n", `Malformed action/metadata line [3], expected field [create], [delete], [index] or [update] but found [message]`},
		{`{}` + "\n{}\n", `Malformed action/metadata line [1], expected FIELD_NAME but found [END_OBJECT]`},
		{`{"create":[]}` + "\n{}\n", `Malformed action/metadata line [1], expected START_OBJECT but found [START_ARRAY]`},
		{`{"create":{},"index":{}}` + "\n{}\n", `Malformed action/metadata line [1], expected END_OBJECT but found [FIELD_NAME]`},
		{`{"create":{}}` + "\n", `Malformed action/metadata line [1], expected a document behind it but found the end`},
	} {
		var malformed *Malformed
		if _, err := Read([]byte(c.body), "", newBatch(), nil); !errors.As(err, &malformed) || err.Error() != c.want {
			t.Errorf("%q: have %v, want %s", c.body, err, c.want)
		}
	}
}

// Only a time finer than a second says that an equal request is the same one.
func TestTimesThatTellARequest(t *testing.T) {
	for _, c := range []struct {
		document string
		want     bool
	}{
		{`{"@timestamp":"2026-03-01T12:00:00.123Z"}`, true},
		{`{"@timestamp" : "2026-03-01T12:00:00,5+01:00"}`, true},
		{`{"@timestamp":"2026-03-01T12:00:00.000Z"}`, false},
		{`{"@timestamp":"2026-03-01T12:00:00Z"}`, false},
		{`{"time":1700000000.25}`, true},
		{`{"date":1700000000}`, false},
		{`{"ts":1700000000123}`, true},
		{`{"ts":1700000000000000001}`, true},
		{`{"ts":1700000000000}`, false},
		{`{"timestamp":"10:00:00","ts":1700000000123}`, true},
		{`{"message":"1700000000123"}`, false},
		{`{"ts":`, false},
	} {
		d := dates{left: 1}
		if have := d.finer([]byte(c.document)); have != c.want {
			t.Errorf("%s: %v", c.document, have)
		}
	}
}

func TestFault(t *testing.T) {
	const want = `{"error":{"root_cause":[{"type":"es_rejected_execution_exception","reason":"full"}],"type":"es_rejected_execution_exception","reason":"full"},"status":429}` + "\n"
	if have := string(Fault(429, "full")); have != want {
		t.Errorf("have %s", have)
	}
}

// No body makes the decoder panic, each item is answered, and the answer is JSON.
func FuzzRead(f *testing.F) {
	f.Add([]byte("{\"create\":{\"_id\":\"\\u00e9\"}}\n{\"@timestamp\":\"2026-03-01T12:00:00.123Z\"}\n{\"delete\":{}}\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		b := newBatch()
		items, err := Read(body, "", b, nil)
		if err != nil {
			return
		}
		taken := 0
		for _, it := range items {
			if it.Type == "" {
				taken++
			}
		}
		if taken != len(b.Lines) {
			t.Errorf("%d items, %d lines", taken, len(b.Lines))
		}
		if out := Answer(nil, items, 0, "", ""); !stdjson.Valid(out) {
			t.Errorf("the answer is no JSON: %s", out)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var body strings.Builder
	for i := range 1000 {
		doc := fmt.Sprintf(`{"@timestamp":"2026-03-01T12:00:00.%03dZ","level":"info","service":"cart","message":"%s"}`, i, strings.Repeat("GET /api/cart/42 200 ", 10))
		fmt.Fprintf(&body, "{\"create\":{}}\n%s\"}\n", doc[:198])
	}
	scratch, batch := make([]byte, body.Len()), newBatch()
	var items []Item
	var out []byte
	b.SetBytes(int64(body.Len()))
	b.ReportAllocs()
	lines := 0
	for b.Loop() {
		copy(scratch, body.String())
		batch.Reset(entry.Origin{Endpoint: "bulk", Peer: "p", Observed: time.Unix(0, 1)})
		var err error
		if items, err = Read(scratch, "app", batch, items[:0]); err != nil {
			b.Fatal(err)
		}
		out = Answer(out[:0], items, 1, "app", "")
		lines += len(batch.Lines)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(lines), "ns/line")
}
