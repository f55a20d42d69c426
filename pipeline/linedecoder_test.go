package pipeline

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A LineDecoder reads what DecodeLine reads, whatever came before.
func TestLineDecoderReadsWhatDecodeLineReads(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	pick := func(values ...string) string { return values[rnd.IntN(len(values))] }
	var d LineDecoder
	for i := range 3000 {
		l := Line{
			ID:  LineID{Source: pick("a:/x", "a:/y", "b:/x", "b:/z"), Generation: rnd.Uint64(), Offset: rnd.Int64N(1 << rnd.IntN(62))},
			Raw: fmt.Appendf(nil, "line %d", i), Format: pick("", "json"), Zone: pick("", "UTC", "Europe/Rome"),
			Observed: time.Unix(int64(i), 0), Truncated: rnd.IntN(4) == 0,
		}
		l.Size = int64(len(l.Raw)) + 1
		for range rnd.IntN(4) {
			l.Labels = append(l.Labels, Attr{pick("env", "service"), pick("a", "b", "")})
		}
		m := EncodeLine(&l)
		m.Offset = int64(i)
		switch rnd.IntN(12) {
		case 0:
			m.Headers = m.Headers[1:] // a foreign producer's
		case 1:
			m.Headers[0].Value = []byte(pick("", "1:2", "1:2:3:4", "x:1:2", "1:-1:2", "1:2:9223372036854775807", "00000000000000001:+1:2", "10000000000000000:1:1"))
		case 2:
			m.Key = nil
		}
		a, errA := DecodeLine(&m)
		b, errB := d.Decode(&m)
		if fmt.Sprint(errA) != fmt.Sprint(errB) {
			t.Fatalf("record %d: error %v, want %v", i, errB, errA)
		}
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatalf("record %d: lines differ (-DecodeLine +LineDecoder):\n%s", i, diff)
		}
	}
}

// A header is read in one pass as it is read part by part.
func TestHeaderInOnePass(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	taken := 0
	for range 50_000 {
		l := Line{ID: LineID{Generation: rnd.Uint64(), Offset: rnd.Int64N(1 << (1 + rnd.IntN(61)))}, Size: rnd.Int64N(1 << (1 + rnd.IntN(61))), Truncated: rnd.IntN(2) == 0}
		b := appendLineHeader(nil, &l)
		for range rnd.IntN(3) { // damaged
			if i := rnd.IntN(len(b)); rnd.IntN(2) == 0 {
				b[i] = "0af:tAG/`g +-"[rnd.IntN(13)]
			} else {
				b = b[:max(i, 1)]
			}
		}
		var have, want Line
		ok := plainLineHeader(&have, b)
		err := partedLineHeader(&want, b)
		if ok && (err != nil || !cmp.Equal(have, want)) {
			t.Fatalf("%q: have %+v, want %+v, %v", b, have, want, err)
		}
		if !ok && !cmp.Equal(have, Line{}) {
			t.Fatalf("%q: refused, and has set %+v", b, have)
		}
		if ok {
			taken++
		}
	}
	if taken < 12_000 {
		t.Errorf("only %d headers were read in one pass", taken)
	}
}

// The numbers of the header are read as strconv reads them.
func TestHeaderNumbers(t *testing.T) {
	for _, s := range []string{
		"", "0", "7", "007", "+7", "-7", "12a", "999999999999999999", "9223372036854775807", "9223372036854775808",
		"f", "F", "00000000000000ff", "ffffffffffffffff", "1ffffffffffffffff", "0x1", "1_0",
	} {
		want, wantErr := strconv.ParseInt(s, 10, 64)
		if have, err := parseDecimal([]byte(s)); have != want || (err == nil) != (wantErr == nil) {
			t.Errorf("decimal %q: %d, %v; want %d, %v", s, have, err, want, wantErr)
		}
		wantHex, wantErr := strconv.ParseUint(s, 16, 64)
		if have, err := parseHex([]byte(s)); have != wantHex || (err == nil) != (wantErr == nil) {
			t.Errorf("hex %q: %d, %v; want %d, %v", s, have, err, wantHex, wantErr)
		}
	}
}

func BenchmarkDecodeLine(b *testing.B) {
	l := Line{
		ID: LineID{Source: "web-1:/var/log/nginx/access.log", Generation: 0x1234567890abcdef, Offset: 123456789}, Raw: make([]byte, 140), Size: 141,
		Labels: []Attr{{"env", "production"}, {"service", "nginx"}}, Observed: time.Unix(1, 0),
	}
	m := EncodeLine(&l)
	b.Run("DecodeLine", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if _, err := DecodeLine(&m); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("LineDecoder", func(b *testing.B) {
		var d LineDecoder
		b.ReportAllocs()
		for range b.N {
			if _, err := d.Decode(&m); err != nil {
				b.Fatal(err)
			}
		}
	})
}
