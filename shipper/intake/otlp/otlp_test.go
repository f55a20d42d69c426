package otlp

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"foghorn/pipeline"
	"foghorn/shipper/intake/entry"
)

var limits = entry.Limits{Lines: 100_000, Line: 1 << 20, Attrs: 128, Value: 8 << 10, Size: 64 << 20, Depth: 8}

func newBatch() *entry.Batch {
	b := entry.New(limits, entry.NewSources(100))
	b.Reset(entry.Origin{Endpoint: "otlp", Peer: "10.0.0.7", Observed: time.Unix(0, 1)})
	return b
}

func text(lines []pipeline.Line) (out []string) {
	for i := range lines {
		l := &lines[i]
		s := l.ID.Source + " " + fmt.Sprintf("%q", l.Raw)
		for _, a := range l.Labels {
			s += " " + a.Key + "=" + a.Value
		}
		out = append(out, s)
	}
	return out
}

// sample is a request with all that a record can hold.
func sample() plog.Logs {
	logs := plog.NewLogs()
	res := logs.ResourceLogs().AppendEmpty()
	res.Resource().Attributes().PutStr("service.name", "cart")
	res.Resource().Attributes().PutStr("host.name", "web-1")
	res.Resource().Attributes().PutInt("process.pid", 42)
	scope := res.ScopeLogs().AppendEmpty()
	scope.Scope().SetName("com.example")
	scope.Scope().SetVersion("1.2")
	r := scope.LogRecords().AppendEmpty()
	r.SetTimestamp(1700000000123456789)
	r.SetSeverityNumber(plog.SeverityNumberError2)
	r.SetSeverityText("CRITICAL")
	r.Body().SetStr("card \"declined\"\nat pay()\n")
	r.SetTraceID([16]byte{0x5b, 0x8e, 15: 0x0c})
	r.SetSpanID([8]byte{0xee, 7: 0x74})
	r.Attributes().PutStr("user", "zoë")
	r.Attributes().PutInt("process.pid", -7)
	r.Attributes().PutBool("retry", true)
	r.Attributes().PutDouble("took", 1.5)
	r.Attributes().PutEmptyBytes("blob").FromRaw([]byte{1, 2, 255})
	list := r.Attributes().PutEmptySlice("list")
	list.AppendEmpty().SetStr("a\"b")
	list.AppendEmpty().SetInt(3)
	list.AppendEmpty()
	r2 := scope.LogRecords().AppendEmpty()
	r2.SetObservedTimestamp(1700000001000000000)
	m := r2.Body().SetEmptyMap()
	m.PutStr("msg", "hi")
	m.PutEmptyMap("in").PutEmptyBytes("raw").FromRaw([]byte("xyz"))
	m.PutEmptySlice("none")
	r3 := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	r3.SetEventName("session.start")
	logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty().Body().SetInt(5)
	return logs
}

var sampleLines = []string{
	`web-1:/otlp/cart "card \"declined\"\nat pay()" foghorn.timestamp=1700000000123456789 foghorn.severity=18 foghorn.severity_text=CRITICAL` +
		` foghorn.trace_id=5b8e000000000000000000000000000c foghorn.span_id=ee00000000000074` +
		` foghorn.service=cart otel.scope.name=com.example otel.scope.version=1.2 user=zoë process.pid=-7 retry=true took=1.5 blob=` + "\x01\x02\xff" + ` list=["a\"b",3,null]`,
	`web-1:/otlp/cart "{\"msg\":\"hi\",\"in\":{\"raw\":\"eHl6\"},\"none\":[]}" foghorn.timestamp=1700000001000000000 foghorn.service=cart process.pid=42 otel.scope.name=com.example otel.scope.version=1.2`,
	`10.0.0.7:/otlp/ "session.start" foghorn.peer=10.0.0.7 event.name=session.start`,
	`10.0.0.7:/otlp/ "5" foghorn.peer=10.0.0.7`,
}

func TestRequestsOfTheCollectorsLibrary(t *testing.T) {
	t.Run("protobuf", func(t *testing.T) {
		body, err := new(plog.ProtoMarshaler).MarshalLogs(sample())
		if err != nil {
			t.Fatal(err)
		}
		b := newBatch()
		refused, err := Proto(body, b)
		if d := cmp.Diff(sampleLines, text(b.Lines)); d != "" || err != nil || refused != 0 {
			t.Errorf("%v, %d refused -want +have\n%s", err, refused, d)
		}
	})
	t.Run("JSON", func(t *testing.T) {
		body, err := new(plog.JSONMarshaler).MarshalLogs(sample())
		if err != nil {
			t.Fatal(err)
		}
		b := newBatch()
		err = JSON(body, b)
		if d := cmp.Diff(sampleLines, text(b.Lines)); d != "" || err != nil {
			t.Errorf("%v -want +have\n%s", err, d)
		}
	})
}

// Senders write fields in any order, in both spellings, with unknown ones between; 64-bit
// integers as strings or numbers.
func TestJSONAsOthersWriteIt(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"resource behind its records", `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"x"},"attributes":[{"value":{"intValue":"7"},"key":"n"}]}],"scope":{"name":"s"}}],"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"a"}},{"key":"host.name","value":{"stringValue":"h"}}]}}]}`,
			`h:/otlp/a "x" foghorn.service=a otel.scope.name=s n=7`},
		{"names of the .proto file", `{"resource_logs":[{"resource":{},"scope_logs":[{"log_records":[{"time_unix_nano":1700000000000000000,"severity_number":"SEVERITY_NUMBER_WARN2","trace_id":"","body":{"string_value":"x"},"attributes":[{"key":"k","value":{"int_value":3}}],"dropped_attributes_count":0}]}]}]}`,
			`10.0.0.7:/otlp/ "x" foghorn.timestamp=1700000000000000000 foghorn.severity=14 foghorn.peer=10.0.0.7 k=3`},
		{"nulls and unknown fields", `{"new":{"a":[1,{"b":"]"}]},"resourceLogs":[null,{"resource":null,"scopeLogs":[{"scope":null,"logRecords":[{"body":null,"attributes":null,"flags":1,"severityNumber":null,"traceId":null,"severityText":"x"}]}],"schemaUrl":"u"}]}`,
			`10.0.0.7:/otlp/ "" foghorn.severity_text=x foghorn.peer=10.0.0.7`},
		{"nested values, the key behind its value", `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"kvlistValue":{"values":[{"value":{"arrayValue":{"values":[{"boolValue":false},{},{"doubleValue":"NaN"},{"bytesValue":"AQI="}]}},"key":"k"}]}}}]}]}]}`,
			`10.0.0.7:/otlp/ "{\"k\":[false,null,\"NaN\",\"AQI=\"]}" foghorn.peer=10.0.0.7`},
		{"too deep is kept as it was sent", `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":` + strings.Repeat(`{"arrayValue":{"values":[`, 9) + `{}` + strings.Repeat(`]}}`, 9) + `}]}]}]}`,
			`10.0.0.7:/otlp/ "[[[[[[[[{\"values\":[{}]}]]]]]]]]" foghorn.peer=10.0.0.7`},
		{"empty", `{}`, ``},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBatch()
			if err := JSON([]byte(c.body), b); err != nil {
				t.Fatal(err)
			}
			if have := strings.Join(text(b.Lines), "\n"); have != c.want {
				t.Errorf("have %s\nwant %s", have, c.want)
			}
		})
	}
}

func TestBodiesThatAreNoRequest(t *testing.T) {
	record := func(s string) string { return `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{` + s + `}]}]}]}` }
	for _, body := range []string{``, `[]`, `{"resourceLogs":{}}`, `{} x`, record(`"traceId":"12"`), record(`"spanId":"eee19b7ec3c1b17g"`),
		record(`"timeUnixNano":"soon"`), record(`"body":"x"`), record(`"body":{"bytesValue":"%"}`), record(`"severityNumber":{}`)} {
		if err := JSON([]byte(body), newBatch()); err == nil {
			t.Errorf("JSON %s: no error", body)
		}
	}
	good, err := new(plog.ProtoMarshaler).MarshalLogs(sample())
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range [][]byte{{0}, {0x0a}, {0x0a, 5, 1}, {0x0b}, good[:len(good)-1], append(append([]byte{}, good...), 0xff)} {
		if _, err := Proto(body, newBatch()); err == nil {
			t.Errorf("protobuf %x: no error", body)
		}
	}
}

// A record whose values are nested too deeply is refused alone, all others are taken.
func TestADeepRecordIsRefusedAlone(t *testing.T) {
	logs := plog.NewLogs()
	records := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	records.AppendEmpty().Body().SetStr("before")
	nest := func(v pcommon.Value, n int) {
		for range n {
			v = v.SetEmptySlice().AppendEmpty()
		}
	}
	nest(records.AppendEmpty().Body(), 9)
	nest(records.AppendEmpty().Attributes().PutEmpty("k"), 9)
	nest(records.AppendEmpty().Body(), 8)
	records.AppendEmpty().Body().SetStr("behind")
	body, err := new(plog.ProtoMarshaler).MarshalLogs(logs)
	if err != nil {
		t.Fatal(err)
	}
	b := newBatch()
	refused, err := Proto(body, b)
	if err != nil || refused != 2 || len(b.Lines) != 3 || string(b.Lines[2].Raw) != "behind" {
		t.Errorf("%d refused, %v, lines %q", refused, err, text(b.Lines))
	}
}

// A request that makes more than the limits allow is an ErrTooLarge in both encodings.
func TestTooLarge(t *testing.T) {
	old := limits
	t.Cleanup(func() { limits = old })
	limits.Lines = 3
	proto, err := new(plog.ProtoMarshaler).MarshalLogs(sample())
	if err != nil {
		t.Fatal(err)
	}
	text, err := new(plog.JSONMarshaler).MarshalLogs(sample())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Proto(proto, newBatch()); !errors.Is(err, entry.ErrTooLarge) {
		t.Errorf("protobuf: %v", err)
	}
	if err := JSON(text, newBatch()); !errors.Is(err, entry.ErrTooLarge) {
		t.Errorf("JSON: %v", err)
	}
}

// Answers are ExportLogsServiceResponse and google.rpc.Status in the request's encoding.
func TestAnswers(t *testing.T) {
	for _, c := range []struct{ name, have, want string }{
		{"success", string(Protobuf.Answer(0, "")), ""},
		{"success in JSON", string(Text.Answer(0, "")), "{}"},
		{"partial success", string(Protobuf.Answer(3, "why")), "\x0a\x07\x08\x03\x12\x03why"},
		{"partial success in JSON", string(Text.Answer(3, `"why"`)), `{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"\"why\""}}`},
		{"bad data", string(Protobuf.Fault(400, "bad")), "\x08\x03\x12\x03bad"},
		{"too much, in JSON", string(Text.Fault(429, "full")), `{"code":8,"message":"full"}`},
		{"not now, in JSON", string(Text.Fault(503, "stops")), `{"code":14,"message":"stops"}`},
	} {
		if c.have != c.want {
			t.Errorf("%s: have %q, want %q", c.name, c.have, c.want)
		}
	}
}

// No body makes the decoder panic, and what the collector's library reads has as many records.
func FuzzProto(f *testing.F) {
	body, err := new(plog.ProtoMarshaler).MarshalLogs(sample())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Fuzz(func(t *testing.T, body []byte) {
		b := newBatch()
		refused, err := Proto(body, b)
		if err != nil {
			return
		}
		want, err := new(plog.ProtoUnmarshaler).UnmarshalLogs(body)
		if err != nil {
			return
		}
		if n := want.LogRecordCount(); n != len(b.Lines)+refused {
			t.Errorf("%d lines and %d refused, want %d", len(b.Lines), refused, n)
		}
	})
}

// No body makes the decoder panic.
func FuzzJSON(f *testing.F) {
	body, err := new(plog.JSONMarshaler).MarshalLogs(sample())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add([]byte(`{"resource_logs":[{"scope_logs":[{"log_records":[{"body":{"kvlist_value":{"values":[{"value":{},"key":"\u00e9"}]}}}]}]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		b := newBatch()
		if err := JSON(body, b); err == nil {
			text(b.Lines)
		}
	})
}

// request is a body of n records of 200 bytes with four attributes.
func request(n int) plog.Logs {
	logs := plog.NewLogs()
	res := logs.ResourceLogs().AppendEmpty()
	for k, v := range map[string]string{"service.name": "cart", "host.name": "web-1", "k8s.pod.name": "cart-7f9c", "k8s.namespace.name": "shop"} {
		res.Resource().Attributes().PutStr(k, v)
	}
	records := res.ScopeLogs().AppendEmpty().LogRecords()
	for i := range n {
		r := records.AppendEmpty()
		r.SetTimestamp(pcommon.Timestamp(1700000000123456789 + i))
		r.SetSeverityNumber(plog.SeverityNumberInfo)
		r.SetSeverityText("INFO")
		r.Body().SetStr(strings.Repeat("GET /api/cart/42 200 ", 10)[:200])
		r.SetTraceID([16]byte{1, 15: byte(i)})
		r.SetSpanID([8]byte{1, 7: byte(i)})
		r.Attributes().PutStr("http.request.method", "GET")
		r.Attributes().PutInt("http.response.status_code", 200)
		r.Attributes().PutStr("url.path", "/api/cart/42")
		r.Attributes().PutStr("thread", "main")
	}
	return logs
}

func benchmark(b *testing.B, body []byte, decode func([]byte, *entry.Batch) error) {
	batch, scratch := newBatch(), make([]byte, len(body))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	lines := 0
	for b.Loop() {
		copy(scratch, body)
		batch.Reset(entry.Origin{Endpoint: "otlp", Peer: "p", Observed: time.Unix(0, 1)})
		if err := decode(scratch, batch); err != nil {
			b.Fatal(err)
		}
		lines += len(batch.Lines)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(lines), "ns/line")
}

func BenchmarkProto(b *testing.B) {
	body, err := new(plog.ProtoMarshaler).MarshalLogs(request(1000))
	if err != nil {
		b.Fatal(err)
	}
	benchmark(b, body, func(body []byte, batch *entry.Batch) error {
		_, err := Proto(body, batch)
		return err
	})
}

func BenchmarkJSON(b *testing.B) {
	body, err := new(plog.JSONMarshaler).MarshalLogs(request(1000))
	if err != nil {
		b.Fatal(err)
	}
	benchmark(b, body, JSON)
}
