package kafka

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/segmentio/kafka-go/compress"
)

// compressor compresses whole batches. It is safe for concurrent use.
//
// zstd runs at its fastest level, where the library's codec has no choice but level 3: two
// thirds of the CPU time for 2 % more bytes of real lines. snappy is one block without the
// framing of xerial, as librdkafka writes it and all readers take it: half of the CPU time
// (BenchmarkCompress).
type compressor struct {
	codec compress.Compression
	zstd  func() (*zstd.Encoder, error) // made when it is needed first
}

// zstdWindow is how far zstd looks back; a batch is mostly smaller.
const zstdWindow = 1 << 20

func newCompressor(codec compress.Compression) *compressor {
	return &compressor{codec: codec, zstd: sync.OnceValues(func() (*zstd.Encoder, error) {
		return zstd.NewWriter(nil,
			zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(zstdWindow), zstd.WithLowerEncoderMem(true),
			zstd.WithEncoderCRC(false), // the batch has a checksum of its own
		)
	})}
}

// append appends the compressed bytes of b to dst.
func (c *compressor) append(dst, b []byte) ([]byte, error) {
	switch c.codec {
	case compress.None:
		return append(dst, b...), nil
	case compress.Zstd:
		z, err := c.zstd()
		if err != nil {
			return nil, fmt.Errorf("compress: %w", err)
		}
		return z.EncodeAll(b, dst), nil
	case compress.Snappy:
		n, most := len(dst), s2.MaxEncodedLen(len(b))
		if cap(dst)-n < most {
			dst = append(make([]byte, 0, n+most), dst...)
		}
		return dst[:n+len(s2.EncodeSnappy(dst[n:n+most], b))], nil
	}
	out := bytes.NewBuffer(dst)
	w := c.codec.Codec().NewWriter(out)
	if _, err := w.Write(b); err != nil {
		return nil, fmt.Errorf("compress %v: %w", c.codec, err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress %v: %w", c.codec, err)
	}
	return out.Bytes(), nil
}

// expander undoes compression. It is safe for concurrent use.
type expander struct {
	zstd func() (*zstd.Decoder, error) // made when it is needed first
}

func newExpander() *expander {
	return &expander{sync.OnceValues(func() (*zstd.Decoder, error) {
		return zstd.NewReader(nil, zstd.WithDecodeAllCapLimit(true))
	})}
}

// expand undoes the compression of a batch; more than limit bytes are an error. They are
// written over room, if that is large enough.
func (x *expander) expand(codec compress.Compression, b []byte, limit int, room []byte) ([]byte, error) {
	if codec == compress.None {
		return b, nil
	}
	if n, ok := expandedLen(codec, b); ok && n <= limit {
		room = sized(room, n)
		out, err := x.whole(codec, b, room)
		if err == nil || codec != compress.Zstd {
			return room[:len(out)], err
		}
		// Only the first frame has told its length: there may be others behind it.
	}
	c := codec.Codec()
	if c == nil {
		return nil, fmt.Errorf("unknown compression %d", codec)
	}
	r := c.NewReader(bytes.NewReader(b))
	defer r.Close()
	out := bytes.NewBuffer(make([]byte, 0, 8*len(b)+512))
	n, err := io.Copy(out, io.LimitReader(r, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("expand %v: %w", codec, err)
	}
	if n > int64(limit) {
		return nil, fmt.Errorf("expand %v: more than %d bytes", codec, limit)
	}
	return out.Bytes(), nil
}

// sized returns n bytes of room, or of new memory for a little more: the next batches may be
// a little larger.
func sized(room []byte, n int) []byte {
	if cap(room) < n {
		const step = 128 << 10
		if room == nil {
			return make([]byte, n)
		}
		room = make([]byte, (n+step-1)/step*step)
	}
	return room[:n]
}

// maxRatio is what a batch may say of its expansion and be believed: more memory is only
// taken as the bytes come.
const maxRatio = 64

// expandedLen returns how long a batch says it becomes; ok is false where it does not say
// so, or what is not likely.
func expandedLen(codec compress.Compression, b []byte) (n int, ok bool) {
	switch codec {
	case compress.Zstd:
		var h zstd.Header
		if h.Decode(b) != nil || !h.HasFCS || h.Skippable || h.FrameContentSize > uint64(maxRatio*len(b)) {
			return 0, false
		}
		return int(h.FrameContentSize), true
	case compress.Snappy:
		if bytes.HasPrefix(b, xerial) {
			return 0, false
		}
		v, size := binary.Uvarint(b)
		return int(v), size > 0 && v <= uint64(maxRatio*len(b))
	}
	return 0, false
}

// xerial begins snappy's framing in streams of blocks, which Java's producers write.
var xerial = []byte("\x82SNAPPY\x00")

// whole expands a batch that says that it fills room.
func (x *expander) whole(codec compress.Compression, b, room []byte) (out []byte, err error) {
	if codec == compress.Snappy {
		out, err = s2.Decode(room, b)
	} else {
		var z *zstd.Decoder
		if z, err = x.zstd(); err == nil {
			out, err = z.DecodeAll(b, room[:0:len(room)])
		}
	}
	if err != nil {
		return nil, fmt.Errorf("expand %v: %w", codec, err)
	}
	return out, nil
}
