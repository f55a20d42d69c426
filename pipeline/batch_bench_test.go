package pipeline

import (
	"fmt"
	"testing"
)

// benchEvents returns n events of one source as the parser makes them, with three to
// six attributes each.
func benchEvents(n int) []Event {
	events := make([]Event, n)
	var offset int64
	for i := range events {
		body := fmt.Sprintf(`10.11.%d.%d - - [22/Jan/2019:03:56:16 +0330] "GET /image/%d/productModel/200x200 HTTP/1.1" 200 5667 "https://shop.example.com/m/filter/b113" "Mozilla/5.0 (Linux; Android 6.0; ALE-L21)" "-"`, i%250, i%199, i*7919)
		e := &events[i]
		*e = Event{
			ID:   LineID{Source: "web-1:/var/log/nginx/access.log", Generation: 0x1234567890abcdef, Offset: offset},
			Size: int64(len(body)) + 1, Host: "web-1", Path: "/var/log/nginx/access.log", Service: "shop",
			Timestamp: 1548116776000000000 + int64(i)*1e6, Observed: 1548116776500000000 + int64(i)*1e6,
			Severity: SeverityInfo, SeverityText: "info", Body: []byte(body),
			Attrs: []Attr{
				{"client.address", fmt.Sprintf("10.11.%d.%d", i%250, i%199)},
				{"http.request.method", "GET"},
				{"http.response.status_code", "200"},
			},
		}
		if i%2 == 0 {
			e.TraceID, e.SpanID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
			e.Attrs = append(e.Attrs,
				Attr{"url.path", fmt.Sprintf("/image/%d/productModel/200x200", i*7919)},
				Attr{"http.response.body.size", "5667"},
				Attr{"user_agent.original", "Mozilla/5.0 (Linux; Android 6.0; ALE-L21)"})
		}
		offset += e.Size
	}
	return events
}

const benchBatch = 1000

func BenchmarkEncodeEvents(b *testing.B) {
	events := benchEvents(benchBatch)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := EncodeEvents(0, events); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*benchBatch), "ns/event")
}

func BenchmarkDecodeEvents(b *testing.B) {
	m, err := EncodeEvents(0, benchEvents(benchBatch))
	if err != nil {
		b.Fatal(err)
	}
	var d EventDecoder
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Decode(&m); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*benchBatch), "ns/event")
}
