package store

import (
	"encoding/binary"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// firstFrame returns the first zstd frame of packed and what comes behind it. The frame is
// only measured (RFC 8878, section 3.1.1: a header, blocks of three bytes and their contents,
// and a checksum), so that what is behind it can be left alone.
func firstFrame(packed []byte) (frame, rest []byte, err error) {
	var h zstd.Header
	if err := h.Decode(packed); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errCorrupt, err)
	}
	at, last := h.HeaderSize, h.Skippable
	for !last {
		if len(packed)-at < 4 {
			return nil, nil, corrupt("zstd block at byte %d of %d", at, len(packed))
		}
		head := binary.LittleEndian.Uint32(packed[at:]) & 0xffffff
		size := int(head >> 3)
		if head>>1&3 == 1 { // one byte, repeated
			size = 1
		}
		last = head&1 != 0
		at += 3 + size
		if at > len(packed) {
			return nil, nil, corrupt("zstd block of %d bytes at byte %d of %d", size, at-size, len(packed))
		}
	}
	if h.HasCheckSum {
		at += 4
	}
	if at > len(packed) {
		return nil, nil, corrupt("zstd frame is cut")
	}
	return packed[:at:at], packed[at:], nil
}

// unpack decompresses the frames of packed, which hold size bytes.
func unpack(packed []byte, size int) ([]byte, error) {
	dec, err := zstdDecoder()
	if err != nil {
		return nil, err
	}
	data, err := dec.DecodeAll(packed, make([]byte, 0, size))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errCorrupt, err)
	}
	if len(data) != size {
		return nil, corrupt("%d bytes, want %d", len(data), size)
	}
	return data, nil
}
