package pipeline

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestALineEncoderMakesTheRecordsThatEncodeLineMakes(t *testing.T) {
	labels := []Attr{{"env", "prod"}, {"service", "web"}}
	for _, c := range []struct {
		name         string
		labels       []Attr
		format, zone string
	}{{"bare", nil, "", ""}, {"labels", labels, "", ""}, {"all", labels, "json", "Europe/Berlin"}} {
		var e LineEncoder
		var want, have []Message
		common := CommonHeaders(c.labels, c.format, c.zone)
		for i := range 1000 {
			l := Line{
				ID:  LineID{Source: "h:/a", Generation: 1<<63 + uint64(i), Offset: int64(i) << 50},
				Raw: fmt.Appendf(nil, "line\n%d", i), Size: 1 << 62, Truncated: i%3 == 0,
			}
			if i%7 == 0 {
				l.Sizes = []int64{5, int64(i)}
			}
			have = append(have, e.Encode(&l, []byte("h:/a"), common))
			l.Labels, l.Format, l.Zone = c.labels, c.format, c.zone
			want = append(want, EncodeLine(&l))
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}
