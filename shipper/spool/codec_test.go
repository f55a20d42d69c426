package spool

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"foghorn/pipeline"
)

// A decoded record is what pipeline.EncodeLine makes of the line.
func TestADecodedRecordIsWhatEncodeLineMakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1764000000, 0)
		attrs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) pipeline.Attr {
			return pipeline.Attr{Key: rapid.StringN(1, 4, 8).Draw(t, "key"), Value: rapid.String().Draw(t, "value")}
		}), 0, 3)
		line := rapid.Custom(func(t *rapid.T) pipeline.Line {
			return pipeline.Line{
				ID:        pipeline.LineID{Source: "h:/" + rapid.StringMatching("[a-z]").Draw(t, "source")},
				Raw:       rapid.SliceOf(rapid.Byte()).Draw(t, "raw"),
				Truncated: rapid.Bool().Draw(t, "truncated"),
				Labels:    attrs.Draw(t, "labels"),
				Format:    rapid.SampledFrom([]string{"", "json"}).Draw(t, "format"),
				Zone:      rapid.SampledFrom([]string{"", "Asia/Tokyo"}).Draw(t, "zone"),
				Observed:  now.Add(-time.Duration(rapid.Int64Range(0, int64(oldest)).Draw(t, "age"))),
			}
		})
		b := &Batch{Lines: rapid.SliceOfN(line, 1, 30).Draw(t, "lines")}
		q := &Queue{offsets: map[string]int64{}, epoch: rapid.Uint64().Draw(t, "epoch")}
		e := &encoder{}
		e.encode(b, now)
		q.identify(&pending{enc: e})
		payload, ok := framePayload(e.record)
		if !ok {
			t.Fatal("bad checksum")
		}
		const partitions = 3
		out := &outbox{}
		out.reset(partitions)
		d, n, limit := newDecoder(partitions), 0, rapid.IntRange(1, 40).Draw(t, "limit")
		if err := d.begin(payload, now); err != nil {
			t.Fatal(err)
		}
		for d.left > 0 { // in pieces
			lines, _, err := d.more(out, len(out.headers)+limit)
			if n += lines; lines == 0 || err != nil {
				t.Fatalf("%d lines, error %v", n, err)
			}
		}
		if n != len(b.Lines) {
			t.Fatalf("%d lines, want %d", n, len(b.Lines))
		}
		want := make([][]pipeline.Message, partitions)
		next := map[string]int64{}
		for i := range b.Lines {
			l := b.Lines[i]
			l.Size = int64(len(l.Raw)) + 1
			l.ID.Generation, l.ID.Offset = q.generation(l.ID.Source), next[l.ID.Source]
			next[l.ID.Source] += l.Size
			m := pipeline.EncodeLine(&l)
			m.Partition = pipeline.PartitionFor(m.Key, partitions)
			want[m.Partition] = append(want[m.Partition], m)
		}
		if d := cmp.Diff(want, out.msgs, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("records (-want +have):\n%s", d)
		}
	})
}

// A record's time lies an hour behind at most, however long the queue held it: retention acts
// on it.
func TestARecordsTimeLiesAnHourBehindAtMost(t *testing.T) {
	now := time.Unix(1764000000, 0)
	e := &encoder{}
	e.encode(&Batch{Lines: []pipeline.Line{{ID: pipeline.LineID{Source: "h:/a"}, Observed: now.Add(-48 * time.Hour)}}}, now)
	out := &outbox{}
	out.reset(1)
	d := newDecoder(1)
	if err := d.begin(e.record[frameBytes:], now); err != nil {
		t.Fatal(err)
	}
	if n, seen, err := d.more(out, 1); n != 1 || err != nil || now.Sub(seen) != 48*time.Hour {
		t.Fatalf("%d lines, seen %v, error %v", n, seen, err)
	}
	if have := now.Sub(out.msgs[0][0].Time); have != time.Hour {
		t.Errorf("%v behind, want 1h", have)
	}
}

// Whatever bytes a payload holds, decoding ends, in pieces of bounded size, and does not fail but
// with an error.
func FuzzDecode(f *testing.F) {
	e := &encoder{}
	for _, b := range []*Batch{
		{Lines: lines("h:/a", "one", "two")},
		{Key: [16]byte{1}, Name: "n", Mark: "m", Lines: append(lines("h:/a", "one"), lines("h:/b", "")...)},
		benchBatch(5, true),
	} {
		e.encode(b, time.Unix(1764000000, 0))
		f.Add(append([]byte(nil), e.record[frameBytes:]...))
	}
	s := newState(1 << 30)
	s.add([16]byte{7}, "n", "m", time.Unix(1764000000, 0))
	f.Add(s.record(0)[frameBytes:])
	f.Fuzz(func(t *testing.T, payload []byte) {
		out, d := &outbox{}, newDecoder(3)
		for err := d.begin(payload, time.Unix(1764000000, 0)); err == nil && d.left > 0; {
			const limit = 50
			out.reset(3)
			var n int
			n, _, err = d.more(out, limit)
			sum := 0
			for _, msgs := range out.msgs {
				sum += len(msgs)
			}
			if sum < n || sum == 0 && err == nil || n > limit {
				t.Fatalf("%d records, %d said, error %v", sum, n, err)
			}
		}
		if st, err := readState(payload, 1<<30); err == nil {
			back, err := readState(st.record(0)[frameBytes:], 1<<30)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(st, back, cmp.AllowUnexported(state{})); d != "" {
				t.Errorf("state (-want +have):\n%s", d)
			}
		}
		newState(1<<30).replay(payload, time.Unix(0, 0))
	})
}
