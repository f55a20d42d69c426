package store

import (
	"bytes"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"
)

// TestFirstFrameEndsWhereTheNextBegins, and what is cut is an error.
func TestFirstFrameEndsWhereTheNextBegins(t *testing.T) {
	var encoders []*zstd.Encoder
	for _, crc := range []bool{false, true} {
		enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(crc), zstd.WithWindowSize(1<<20))
		if err != nil {
			t.Fatal(err)
		}
		encoders = append(encoders, enc)
	}
	rapid.Check(t, func(t *rapid.T) {
		enc := rapid.SampledFrom(encoders).Draw(t, "encoder")
		var frames [][]byte
		for range rapid.IntRange(1, 3).Draw(t, "frames") {
			text := rapid.SliceOfN(rapid.Byte(), 1, 200).Draw(t, "text")
			text = bytes.Repeat(text, rapid.SampledFrom([]int{1, 2, 4000}).Draw(t, "times"))
			frames = append(frames, enc.EncodeAll(text, nil))
		}
		packed := slices.Concat(frames...)
		rest := packed
		for i, want := range frames {
			frame, behind, err := firstFrame(rest)
			if err != nil || !bytes.Equal(frame, want) {
				t.Fatalf("frame %d has %d bytes, want %d, error %v", i, len(frame), len(want), err)
			}
			rest = behind
		}
		if len(rest) > 0 {
			t.Fatalf("%d bytes are left", len(rest))
		}
		cut := frames[0][:rapid.IntRange(0, len(frames[0])-1).Draw(t, "cut")]
		if _, _, err := firstFrame(cut); err == nil {
			t.Fatalf("%d of %d bytes are a frame", len(cut), len(frames[0]))
		}
	})
}
