package pipeline

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLineComesBackAsItWas(t *testing.T) {
	at := time.Unix(1700000000, 0)
	for _, test := range []struct {
		name string
		line Line
	}{
		{"plain", Line{ID: LineID{"h:/a.log", 1, 0}, Raw: []byte("x"), Size: 2, Observed: at}},
		{"empty", Line{ID: LineID{"h:/a.log", 1, 7}, Raw: []byte{}, Size: 1, Observed: at}},
		{"no line feed at the end", Line{ID: LineID{"h:/a.log", 1, 7}, Raw: []byte("xy"), Size: 2, Observed: at}},
		{"truncated", Line{ID: LineID{"h:/a.log", 1<<64 - 1, 1<<63 - 1 - 1<<40}, Raw: []byte("xy"), Size: 1 << 40, Truncated: true, Observed: at}},
		{"labels", Line{ID: LineID{"h:/a.log", 1, 0}, Raw: []byte("x\r\x00\xff"), Size: 5, Observed: at, Labels: []Attr{{"env", "prod"}, {"service", ""}, {"x.y", "a\x00b"}}}},
		{"joined", Line{ID: LineID{"h:/a.log", 1, 5}, Raw: []byte("a\n\tb"), Size: 5, Observed: at}},
		{"joined and redacted", Line{ID: LineID{"h:/a.log", 1, 5}, Raw: []byte("a\n\tb"), Size: 30, Sizes: []int64{12, 18}, Observed: at}},
		{"format and zone", Line{ID: LineID{"h:/a.log", 1, 5}, Raw: []byte("a"), Size: 2, Observed: at, Format: "klog", Zone: "Europe/Berlin", Labels: []Attr{{"env", "prod"}}}},
		{"source with colons", Line{ID: LineID{"h:/a:b\n.log", 1, 0}, Raw: []byte("x"), Size: 2, Observed: at}},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := EncodeLine(&test.line)
			if m.Topic != TopicRaw || m.Partition != -1 || string(m.Key) != test.line.ID.Source {
				t.Errorf("record for %s/%d with key %q", m.Topic, m.Partition, m.Key)
			}
			have, err := DecodeLine(&m)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.line, have); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestForeignLine(t *testing.T) {
	for _, test := range []struct{ name, value, raw string }{
		{"plain", "x", "x"},
		{"with line feed", "x\n", "x"},
		{"with two", "x\n\n", "x\n"},
		{"carriage return stays", "x\r\n", "x\r"},
		{"empty", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := Message{Topic: "logs.raw", Partition: 3, Offset: 42, Key: []byte("k"), Value: []byte(test.value), Headers: []Header{{"label.service", []byte("web")}, {"other", []byte("x")}}}
			have, err := DecodeLine(&m)
			if err != nil {
				t.Fatal(err)
			}
			want := Line{ID: LineID{Source: "logs.raw/3", Offset: 42}, Raw: []byte(test.raw), Size: 1, Labels: []Attr{{"service", "web"}}}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBadLineHeader(t *testing.T) {
	for _, header := range []string{
		"", ":", "::", "1:2", "1:2:3:x", "1:2:3:t:t", "x:2:3", "1:x:3", "1:2:x", "1:-2:3", "1:2:-3",
		"10000000000000000:2:3", "1:9223372036854775808:3", " 1:2:3", "1:2:3 ",
		"1:9223372036854775807:1", // the next line's offset would be no offset
	} {
		t.Run(header, func(t *testing.T) {
			m := Message{Key: []byte("s"), Headers: []Header{{HeaderLine, []byte(header)}}}
			_, err := DecodeLine(&m)
			if !errors.Is(err, ErrBadLineHeader) || !strings.Contains(err.Error(), HeaderLine) {
				t.Errorf("error %v, want ErrBadLineHeader", err)
			}
		})
	}
}

func TestBadSizesAreRefused(t *testing.T) {
	for _, test := range []struct{ name, raw, sizes string }{
		{"of too few lines", "a\nb", "4"},
		{"of too many lines", "a", "2,2"},
		{"of another sum", "a\nb", "2,3"},
		{"negative", "a\nb", "-1,5"},
		{"no number", "a\nb", "2,x"},
		{"empty", "a\nb", ""},
		{"overflowing", "a\nb", "9223372036854775807,9223372036854775807"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := Message{Key: []byte("s"), Value: []byte(test.raw), Headers: []Header{{HeaderLine, []byte("1:0:4")}, {HeaderSizes, []byte(test.sizes)}}}
			if _, err := DecodeLine(&m); !errors.Is(err, ErrBadLineHeader) {
				t.Errorf("error %v, want ErrBadLineHeader", err)
			}
		})
	}
}

func TestLineWithoutASourceIsRefused(t *testing.T) {
	m := Message{Headers: []Header{{HeaderLine, []byte("1:2:3")}}}
	if _, err := DecodeLine(&m); !errors.Is(err, ErrBadLineHeader) {
		t.Errorf("error %v, want ErrBadLineHeader", err)
	}
}

func TestSourceID(t *testing.T) {
	for _, test := range []struct{ source, host, path string }{
		{"web-1:/var/log/a.log", "web-1", "/var/log/a.log"},
		{"web-1:/odd:name", "web-1", "/odd:name"},
		{"logs.raw/3", "", "logs.raw/3"},
	} {
		host, path := SplitSource(test.source)
		if host != test.host || path != test.path {
			t.Errorf("%q splits into %q and %q", test.source, host, path)
		}
		if host != "" && SourceID(host, path) != test.source {
			t.Errorf("%q does not join again", test.source)
		}
	}
}

// A body of any bytes comes back unchanged, and any header gives a line or
// ErrBadLineHeader, never a panic.
func FuzzDecodeLine(f *testing.F) {
	f.Add([]byte("line"), "0000000000000001:0:5", "h:/a")
	f.Add([]byte("\n\xff\x00"), "1:2:3:t", "")
	f.Add([]byte{}, "", "k")
	f.Fuzz(func(t *testing.T, raw []byte, header, source string) {
		m := Message{Topic: "t", Key: []byte(source), Value: raw, Headers: []Header{{HeaderLine, []byte(header)}}}
		l, err := DecodeLine(&m)
		if err != nil {
			if !errors.Is(err, ErrBadLineHeader) {
				t.Fatal(err)
			}
			return
		}
		again := EncodeLine(&l)
		have, err := DecodeLine(&again)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(have.Raw, raw) || have.ID != l.ID || have.Size != l.Size || have.Truncated != l.Truncated {
			t.Errorf("line %+v came back as %+v", l, have)
		}
	})
}
