package intake

import (
	"fmt"
	"strings"
	"testing"

	"foghorn/shipper/spool"
)

// BenchmarkServer sends requests of 1,000 lines of about 200 bytes over loopback into a
// spool that nobody empties: what a sender's line costs until it is durable.
func BenchmarkServer(b *testing.B) {
	var bulk, plain, loki strings.Builder
	line := strings.Repeat("GET /api/cart/42 200 ", 10)[:190]
	loki.WriteString(`{"streams":[{"stream":{"env":"prod","host":"web-1","job":"shop/cart"},"values":[`)
	for i := range 1000 {
		fmt.Fprintf(&bulk, "{\"create\":{}}\n{\"message\":\"%s\",\"n\":%d}\n", line, i)
		fmt.Fprintf(&plain, "%s %d\n", line, i)
		if i > 0 {
			loki.WriteByte(',')
		}
		fmt.Fprintf(&loki, `["%d","%s"]`, 1700000000000000000+i, line)
	}
	loki.WriteString("]}]}")
	for _, c := range []struct {
		name string
		request
	}{
		{"bulk", request{"", "/_bulk?filter_path=errors", []string{ndjson}, bulk.String()}},
		{"loki", request{"", "/loki/api/v1/push", []string{asJSON}, loki.String()}},
		{"plain", request{"", "/api/v1/push?service=cart", nil, plain.String()}},
	} {
		for _, sync := range []bool{true, false} {
			b.Run(fmt.Sprintf("%s/sync=%v", c.name, sync), func(b *testing.B) {
				s := newBench(b, nil, func(c *spool.Config) { c.Sync, c.MaxBytes = sync, 8<<30 })
				b.SetBytes(int64(len(c.body)))
				b.ReportAllocs()
				n := 0
				for b.Loop() {
					n++ // another tenant each time, or it were the same request again
					r := c.request
					r.headers = append([]string{fmt.Sprint("X-Scope-OrgID: ", n)}, r.headers...)
					if a := s.do(r); a.status/100 != 2 {
						b.Fatal(a)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(1000*b.N), "ns/line")
			})
		}
	}
}
