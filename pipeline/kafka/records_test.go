package kafka

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/compress"
	"github.com/segmentio/kafka-go/protocol"

	"foghorn/pipeline"
)

// libraryRecords hand records to the library's encoder.
type libraryRecords struct{ msgs []pipeline.Message }

func (r *libraryRecords) ReadRecord() (*kafka.Record, error) {
	if len(r.msgs) == 0 {
		return nil, io.EOF
	}
	m := r.msgs[0]
	r.msgs = r.msgs[1:]
	out := &kafka.Record{Time: m.Time}
	if m.Key != nil {
		out.Key = protocol.NewBytes(m.Key)
	}
	if m.Value != nil {
		out.Value = protocol.NewBytes(m.Value)
	}
	for _, h := range m.Headers {
		out.Headers = append(out.Headers, kafka.Header{Key: h.Key, Value: h.Value})
	}
	return out, nil
}

// recordsOf are msgs as those of two callers.
func recordsOf(msgs []pipeline.Message) *records {
	r := &records{count: len(msgs)}
	e := &entry{msgs: msgs}
	for i := range msgs {
		e.index = append(e.index, int32(i))
	}
	half := len(msgs) / 2
	r.add(e, half)
	e.index = e.index[half:]
	r.add(e, len(e.index))
	return r
}

// randomRecords are records of all kinds of keys, values, headers and times.
func randomRecords(rnd *rand.Rand, n int) []pipeline.Message {
	text := func(most int) []byte {
		switch rnd.IntN(8) {
		case 0:
			return nil
		case 1:
			return []byte{}
		}
		b := make([]byte, rnd.IntN(most))
		for i := range b {
			b[i] = byte(rnd.IntN(8))
		}
		return b
	}
	start := time.UnixMilli(1_700_000_000_000)
	msgs := make([]pipeline.Message, n)
	for i := range msgs {
		msgs[i] = pipeline.Message{Key: text(40), Value: text(300), Time: start.Add(time.Duration(rnd.IntN(100_000)-50_000) * time.Millisecond)}
		for range rnd.IntN(4) {
			msgs[i].Headers = append(msgs[i].Headers, pipeline.Header{Key: string(text(20)), Value: text(100)})
		}
	}
	return msgs
}

// A batch is byte for byte what the library's encoder makes.
func TestBatchIsTheLibrarys(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for n := 1; n < 400; n += 1 + n/2 {
		msgs := randomRecords(rnd, n)
		want := encodeBatch(t, 0, 0, msgs...)
		have, _, err := recordsOf(msgs).appendBatch([]byte("head"), nil, newCompressor(compress.None), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(have[4:], want) {
			t.Errorf("%d records: batch of %d bytes differs from the library's of %d", n, len(have)-4, len(want))
		}
	}
}

// A compressed batch is read back by the decoder, and by the library, whoever wrote it.
func TestCompressedBatchComesBack(t *testing.T) {
	for _, codec := range []compress.Compression{compress.None, compress.Gzip, compress.Snappy, compress.Lz4, compress.Zstd} {
		t.Run(codec.String(), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(1, 2))
			msgs := randomRecords(rnd, 500)
			for i := range msgs {
				msgs[i].Offset = int64(i)
			}
			ours, _, err := recordsOf(msgs).appendBatch(nil, nil, newCompressor(codec), time.Now())
			if err != nil {
				t.Fatal(err)
			}
			for name, b := range map[string][]byte{"ours": ours, "library's": encodeBatch(t, protocol.Attributes(codec), 0, msgs...)} {
				d := decoder{expander: newExpander()}
				have, _, _, _, err := d.batch(b, 0, nil)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(msgs, have); diff != "" {
					t.Errorf("%s (-written +read):\n%s", name, diff)
				}
			}
			if diff := cmp.Diff(valuesOf(msgs), libraryReads(t, ours)); diff != "" {
				t.Errorf("read by the library (-written +read):\n%s", diff)
			}
		})
	}
}

func valuesOf(msgs []pipeline.Message) (values []string) {
	for _, m := range msgs {
		values = append(values, string(m.Value))
	}
	return values
}

// libraryReads decodes a batch with the library and returns the records' values.
func libraryReads(t *testing.T, batch []byte) (values []string) {
	t.Helper()
	var set protocol.RecordSet
	sized := append(binary.BigEndian.AppendUint32(nil, uint32(len(batch))), batch...)
	if _, err := set.ReadFrom(bytes.NewReader(sized)); err != nil {
		t.Fatal(err)
	}
	for {
		r, err := set.Records.ReadRecord()
		if errors.Is(err, io.EOF) {
			return values
		}
		if err != nil {
			t.Fatal(err)
		}
		var value []byte
		if r.Value != nil {
			if value, err = protocol.ReadAll(r.Value); err != nil {
				t.Fatal(err)
			}
		}
		values = append(values, string(value))
	}
}

// Time zero becomes the time of the batch.
func TestBatchGivesTime(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_123)
	b, _, err := recordsOf([]pipeline.Message{{Value: []byte("a")}, {Value: []byte("b"), Time: now.Add(-time.Hour)}}).appendBatch(nil, nil, newCompressor(compress.None), now)
	if err != nil {
		t.Fatal(err)
	}
	d := decoder{}
	msgs, _, _, _, err := d.batch(b, 0, nil)
	if err != nil || !msgs[0].Time.Equal(now) || !msgs[1].Time.Equal(now.Add(-time.Hour)) {
		t.Errorf("times of %+v, error %v; want %v and an hour before", msgs, err, now)
	}
}

// An answer says what the broker decided; any other bytes give an error, never a panic.
func FuzzDecodeProduced(f *testing.F) {
	answer := func(code int16) []byte {
		be := binary.BigEndian
		b := be.AppendUint32(nil, 1)
		b = appendString(be.AppendUint32(b, 1), "topic")
		b = be.AppendUint32(be.AppendUint32(b, 1), 0)
		b = be.AppendUint16(b, uint16(code))
		return append(b, make([]byte, 28)...)
	}
	for _, test := range []struct {
		name string
		body []byte
		want error
	}{
		{"written", answer(0), nil},
		{"refused", answer(int16(kafka.MessageSizeTooLarge)), kafka.MessageSizeTooLarge},
	} {
		res, err := decodeProduced(test.body)
		if err != nil || !errors.Is(res.err, test.want) {
			f.Errorf("%s: %+v, error %v, want %v", test.name, res, err, test.want)
		}
		if res, err := decodeProduced(test.body[:len(test.body)-1]); err == nil {
			f.Errorf("%s, cut off: %+v, want an error", test.name, res)
		}
		f.Add(test.body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if res, err := decodeProduced(body); err == nil && len(body) < 42 {
			t.Errorf("%+v of %d bytes", res, len(body))
		}
	})
}

// BenchmarkCompress: a batch of 6,000 lines of about 140 bytes.
func BenchmarkCompress(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var plain []byte
	for i := range 6000 {
		l := pipeline.Line{ID: pipeline.LineID{Source: "web-1:/var/log/nginx/access.log", Generation: 0x1234567890abcdef, Offset: int64(i) * 140}, Size: 140}
		for range 12 {
			l.Raw = append(append(l.Raw, words[rnd.IntN(len(words))]...), ' ')
		}
		for range 20 {
			l.Raw = append(l.Raw, byte('0'+rnd.IntN(10)))
		}
		m := pipeline.EncodeLine(&l)
		plain = appendRecord(plain, &m, 0, int64(i))
	}
	for _, codec := range []compress.Compression{compress.Snappy, compress.Lz4, compress.Zstd} {
		b.Run(codec.String(), func(b *testing.B) {
			c := newCompressor(codec)
			b.SetBytes(int64(len(plain)))
			var out []byte
			for range b.N {
				var err error
				if out, err = c.append(out[:0], plain); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(plain))/float64(len(out)), "ratio")
		})
	}
	b.Run("zstd of the library", func(b *testing.B) {
		b.SetBytes(int64(len(plain)))
		var out bytes.Buffer
		for range b.N {
			out.Reset()
			w := compress.Zstd.Codec().NewWriter(&out)
			if _, err := w.Write(plain); err != nil {
				b.Fatal(err)
			}
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(plain))/float64(out.Len()), "ratio")
	})
}

var words = []string{"GET", "/api/v1/videos", "HTTP/1.1", "connection", "refused", "replication", "stopped", "user", "session", "opened", "closed", "timeout", "while", "reading", "upstream", "Mozilla/5.0"}
