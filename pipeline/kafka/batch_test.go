package kafka

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/segmentio/kafka-go/compress"
	"github.com/segmentio/kafka-go/protocol"

	"foghorn/pipeline"
)

// encodeBatch makes a record batch with the library's encoder.
func encodeBatch(t testing.TB, attributes protocol.Attributes, base int64, msgs ...pipeline.Message) []byte {
	t.Helper()
	var b bytes.Buffer
	set := protocol.RecordSet{Version: 2, Attributes: attributes, Records: &libraryRecords{msgs}}
	if _, err := set.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	raw := b.Bytes()[4:]
	binary.BigEndian.PutUint64(raw, uint64(base))
	return raw
}

// seal sets the checksum of a batch that a test has changed.
func seal(b []byte) []byte {
	binary.BigEndian.PutUint32(b[17:], crc32.Checksum(b[21:], castagnoli))
	return b
}

func three() []pipeline.Message {
	at := time.UnixMilli(1700000000000)
	return []pipeline.Message{
		{Value: []byte("a"), Time: at}, {Value: []byte("b"), Time: at.Add(time.Second)}, {Value: []byte("c"), Time: at.Add(2 * time.Second)},
	}
}

func TestDecodeBatch(t *testing.T) {
	appendTime := encodeBatch(t, 0, 100, three()...)
	binary.BigEndian.PutUint16(appendTime[21:], attrAppendTime)
	compacted := encodeBatch(t, 0, 100, three()...)
	binary.BigEndian.PutUint32(compacted[23:], 49) // the last 47 records are gone
	emptied := encodeBatch(t, 0, 100, three()[0])[:batchHeader]
	binary.BigEndian.PutUint32(emptied[8:], batchHeader-12)
	binary.BigEndian.PutUint32(emptied[57:], 0)
	binary.BigEndian.PutUint32(emptied[23:], 9)
	wrong := encodeBatch(t, 0, 100, three()...)
	wrong[70]++
	old := encodeBatch(t, 0, 100, three()...)
	old[16] = 1
	many := encodeBatch(t, 0, 100, three()...)
	binary.BigEndian.PutUint32(many[57:], 1<<30)
	tail := encodeBatch(t, 0, 100, three()...)
	tail[batchHeader] -= 2 // the first record says it is shorter than it is
	for _, test := range []struct {
		name  string
		batch []byte
		from  int64
		want  string
		next  int64
		fault bool
	}{
		{"whole", encodeBatch(t, 0, 100, three()...), 100, "abc", 103, false},
		{"from inside", encodeBatch(t, protocol.Zstd, 100, three()...), 102, "c", 103, false},
		{"before the offset", encodeBatch(t, 0, 100, three()...), 103, "", 103, false},
		{"control", seal(encodeBatch(t, protocol.Control, 100, three()[0])), 100, "", 101, false},
		{"broker's time", seal(appendTime), 100, "abc", 103, false},
		{"last records compacted away", seal(compacted), 100, "abc", 150, false},
		{"all records compacted away", seal(emptied), 100, "", 110, false},
		{"wrong checksum", wrong, 100, "", 0, true},
		{"old format", seal(old), 100, "", 0, true},
		{"more records than bytes", seal(many), 100, "", 0, true},
		{"record of wrong length", seal(tail), 100, "", 0, true},
		{"cut off in the header", encodeBatch(t, 0, 100, three()...)[:50], 100, "", 0, true},
		{"cut off in a record", encodeBatch(t, 0, 100, three()...)[:66], 100, "", 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := decoder{topic: "t", partition: 3, expander: newExpander()}
			msgs, used, _, next, err := d.batch(test.batch, test.from, nil)
			if (err != nil) != test.fault {
				t.Fatalf("error %v, want one: %v", err, test.fault)
			}
			if err != nil {
				return
			}
			have := ""
			for _, m := range msgs {
				have += string(m.Value)
				if m.Topic != "t" || m.Partition != 3 {
					t.Errorf("record of %s/%d", m.Topic, m.Partition)
				}
			}
			if have != test.want || next != test.next || used != len(test.batch) {
				t.Errorf("records %q, next %d, used %d of %d; want %q, next %d", have, next, used, len(test.batch), test.want, test.next)
			}
		})
	}
	t.Run("broker's time is the batch's last", func(t *testing.T) {
		d := decoder{}
		msgs, _, _, _, err := d.batch(appendTime, 0, nil)
		if err != nil || !msgs[0].Time.Equal(three()[2].Time) {
			t.Errorf("time %v, error %v", msgs[0].Time, err)
		}
	})
}

// Any bytes from a broker give records or an error, never a panic, and never an
// allocation that the bytes do not justify.
func FuzzDecodeBatch(f *testing.F) {
	m := three()
	m[1].Headers = []pipeline.Header{{Key: "k", Value: []byte("v")}}
	f.Add(encodeBatch(f, 0, 0, m...)[batchHeader:], 3)
	f.Add([]byte{}, 0)
	f.Fuzz(func(t *testing.T, payload []byte, count int) {
		b := encodeBatch(t, 0, 0, three()[0])[:batchHeader]
		b = append(b, payload...)
		binary.BigEndian.PutUint32(b[8:], uint32(len(b)-12))
		binary.BigEndian.PutUint32(b[57:], uint32(count))
		d := decoder{expander: newExpander()}
		msgs, _, _, _, err := d.batch(seal(b), 0, nil)
		if err == nil && len(msgs) > len(payload) {
			t.Errorf("%d records from %d bytes", len(msgs), len(payload))
		}
	})
}

func FuzzDecodeResponse(f *testing.F) {
	f.Add(make([]byte, 80))
	f.Fuzz(func(t *testing.T, body []byte) {
		res, err := (&fetchRequest{}).decode(body)
		if err == nil && len(res.records) > len(body) {
			t.Error("more records than bytes")
		}
	})
}

// A small batch that expands to more than the limit is an error, not memory.
func TestExpandIsBounded(t *testing.T) {
	for _, codec := range []compress.Compression{compress.Gzip, compress.Snappy, compress.Lz4, compress.Zstd} {
		t.Run(codec.String(), func(t *testing.T) {
			var b bytes.Buffer
			w := codec.Codec().NewWriter(&b)
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			own, err := newCompressor(codec).append(nil, make([]byte, 1<<20))
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range [][]byte{b.Bytes(), own} {
				if have, err := newExpander().expand(codec, b, 1<<20, nil); err != nil || len(have) != 1<<20 {
					t.Errorf("at the limit: %d bytes, error %v", len(have), err)
				}
				if _, err := newExpander().expand(codec, b, 1<<20-1, nil); err == nil {
					t.Error("above the limit: no error")
				}
			}
		})
	}
}

// zstd's frames can follow each other, and hold nothing or no data: the first one's length is
// not that of the batch.
func TestFramesOfZstd(t *testing.T) {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	half := bytes.Repeat([]byte("a line "), 100)
	frame, none := z.EncodeAll(half, nil), z.EncodeAll(nil, nil)
	skipped := []byte{0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2} // RFC 8878, 3.1.2
	for name, batch := range map[string][][]byte{
		"two": {frame, frame}, "an empty one first": {none, frame, frame}, "an empty one last": {frame, frame, none},
		"one to be skipped first": {skipped, frame, frame}, "one to be skipped between": {frame, skipped, frame},
	} {
		t.Run(name, func(t *testing.T) {
			have, err := newExpander().expand(compress.Zstd, slices.Concat(batch...), maxExpanded, make([]byte, 16))
			if want := slices.Concat(half, half); err != nil || !bytes.Equal(have, want) {
				t.Errorf("%d bytes, error %v, want %d", len(have), err, len(want))
			}
			if _, err := newExpander().expand(compress.Zstd, slices.Concat(batch...), 2*len(half)-1, nil); err == nil {
				t.Error("above the limit: no error")
			}
		})
	}
}

// What was expanded once gives its room to others, the smaller ones too.
func TestExpandUsesItsRoomAgain(t *testing.T) {
	for _, codec := range []compress.Compression{compress.Snappy, compress.Zstd} {
		t.Run(codec.String(), func(t *testing.T) {
			var room []byte
			var first *byte
			for i, n := range []int{300_000, 1000, 300_000, 299_999} {
				want := make([]byte, n)
				for k := range want {
					want[k] = byte(rand.IntN(1 + k%50))
				}
				b, err := newCompressor(codec).append(nil, want)
				if err != nil {
					t.Fatal(err)
				}
				if room, err = newExpander().expand(codec, b, 1<<20, room); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(room, want) {
					t.Errorf("%d bytes came out as %d others", len(want), len(room))
				}
				if i == 0 {
					first = &room[0]
				} else if &room[0] != first {
					t.Errorf("%d bytes took new memory", n)
				}
			}
		})
	}
}
