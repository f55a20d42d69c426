package intake

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// buffer is a body's memory, used again by the next requests. It counts what it holds
// against the memory of all requests.
type buffer struct {
	b      []byte
	memory *memory
	held   int64
}

// firstBuffer is the size of a buffer at first, keptBuffer that beyond which it is not kept.
const (
	firstBuffer = 64 << 10
	keptBuffer  = 4 << 20
)

// begin accounts for what the buffer has from before.
func (b *buffer) begin(m *memory) error {
	b.memory, b.held = m, 0
	return b.hold(int64(cap(b.b)))
}

func (b *buffer) hold(n int64) error {
	if !b.memory.take(n) {
		return errNoRoom
	}
	b.held += n
	return nil
}

func (b *buffer) end() {
	b.memory.give(b.held)
	if b.held = 0; cap(b.b) > keptBuffer {
		b.b = nil
	}
}

// grow makes room for n bytes.
func (b *buffer) grow(n int) error {
	if n <= cap(b.b) {
		return nil
	}
	if err := b.hold(int64(n)); err != nil {
		return err
	}
	old := cap(b.b)
	b.b = append(make([]byte, 0, n), b.b...)
	b.memory.give(int64(old))
	b.held -= int64(old)
	return nil
}

// fill reads r to its end, at most limit bytes; known is how many it will be, or -1.
func (b *buffer) fill(r io.Reader, known, limit int64) error {
	b.b = b.b[:0]
	if known >= 0 {
		if err := b.grow(int(min(known, limit)) + 1); err != nil { // 1 to see the end
			return err
		}
	}
	for {
		if len(b.b) == cap(b.b) {
			if err := b.grow(max(2*cap(b.b), firstBuffer)); err != nil {
				return err
			}
		}
		n, err := r.Read(b.b[len(b.b):min(cap(b.b), int(limit)+1)])
		b.b = b.b[:len(b.b)+n]
		if int64(len(b.b)) > limit {
			return &http.MaxBytesError{Limit: limit}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// encodings are the values of Content-Encoding that are understood.
const encodings = "gzip, zstd, deflate, snappy, x-snappy-framed or identity"

// read reads a request's body, decompressed, into b. packed says that the body is a
// snappy block whatever its headers say.
func (s *Server) read(r *http.Request, b *buffer, packed bool) error {
	encoding := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding")))
	plain := encoding == "" || encoding == "identity"
	limit := s.cfg.MaxBody
	if !plain || packed {
		limit = min(limit, s.cfg.MaxCompressed)
	}
	if r.ContentLength > limit {
		return &http.MaxBytesError{Limit: limit}
	}
	switch encoding {
	case "snappy", "x-snappy", "x-snappy-framed":
		packed = true
	}
	if packed {
		return s.readSnappy(r, b)
	}
	if plain {
		return readFault(b.fill(r.Body, r.ContentLength, limit))
	}
	body := http.MaxBytesReader(nil, r.Body, limit)
	unpacker, err := s.unpackers.get(encoding, body)
	if err != nil {
		return readFault(err)
	}
	defer unpacker.release()
	return readFault(b.fill(unpacker, -1, s.cfg.MaxBody))
}

// errSnappy is the error of a body that is no snappy block, in Loki's words.
var errSnappy = &fault{http.StatusBadRequest, "snappy: corrupt input"}

// framed is how snappy's framing format begins, which the OpenTelemetry Collector sends
// under the same name as a block.
var framed = []byte("\xff\x06\x00\x00sNaPpY")

// readSnappy reads a body that is one snappy block, or is framed.
func (s *Server) readSnappy(r *http.Request, b *buffer) error {
	block := s.buffers.Get().(*buffer)
	defer s.buffers.Put(block)
	if err := block.begin(&s.memory); err != nil {
		return err
	}
	defer block.end()
	if err := block.fill(r.Body, r.ContentLength, s.cfg.MaxCompressed); err != nil {
		return readFault(err)
	}
	if bytes.HasPrefix(block.b, framed) {
		return readFault(b.fill(snappy.NewReader(bytes.NewReader(block.b)), -1, s.cfg.MaxBody))
	}
	size, err := snappy.DecodedLen(block.b)
	if err != nil {
		return errSnappy
	}
	if int64(size) > s.cfg.MaxBody {
		return &http.MaxBytesError{Limit: s.cfg.MaxBody}
	}
	if err := b.grow(size); err != nil {
		return err
	}
	if b.b, err = snappy.Decode(b.b[:cap(b.b)], block.b); err != nil {
		b.b = nil
		return errSnappy
	}
	return nil
}

// readFault tells what a sender did wrong from what went wrong on the way.
func readFault(err error) error {
	var f *fault
	var large *http.MaxBytesError
	var timeout interface{ Timeout() bool }
	switch {
	case err == nil, errors.As(err, &f), errors.As(err, &large):
		return err
	case errors.Is(err, zstd.ErrDecoderSizeExceeded), errors.Is(err, zstd.ErrWindowSizeExceeded):
		return refuse(http.StatusRequestEntityTooLarge, "the compressed body needs too much memory: %s", err)
	case errors.As(err, &timeout) && timeout.Timeout():
		return errSlow
	}
	return refuse(http.StatusBadRequest, "read the body: %s", err)
}

// unpackers keep decompressors for the next requests.
type unpackers struct {
	gzip, zlib, zstd sync.Pool
}

// unpacker decompresses one body.
type unpacker struct {
	io.Reader
	pool *sync.Pool
}

// maxWindow bounds the memory that a zstd frame can ask for; encoders use at most 8 MiB
// unless told to be extreme (RFC 8878, section 3.1.1.1.2).
const maxWindow = 8 << 20

// get returns a decompressor of body.
func (u *unpackers) get(encoding string, body io.Reader) (unpacker, error) {
	switch encoding {
	case "gzip", "x-gzip":
		if r, ok := u.gzip.Get().(*gzip.Reader); ok {
			return unpacker{r, &u.gzip}, r.Reset(body)
		}
		r, err := gzip.NewReader(body)
		return unpacker{r, &u.gzip}, err
	case "deflate":
		if r, ok := u.zlib.Get().(io.ReadCloser); ok {
			return unpacker{r, &u.zlib}, r.(zlib.Resetter).Reset(body, nil)
		}
		r, err := zlib.NewReader(body)
		return unpacker{r, &u.zlib}, err
	case "zstd":
		if r, ok := u.zstd.Get().(*zstd.Decoder); ok {
			return unpacker{r, &u.zstd}, r.Reset(body)
		}
		r, err := zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
		return unpacker{r, &u.zstd}, err
	}
	return unpacker{}, refuse(http.StatusUnsupportedMediaType, "Content-Encoding %.32q: want %s", encoding, encodings)
}

// release gives the decompressor back.
func (u unpacker) release() {
	if d, ok := u.Reader.(*zstd.Decoder); ok {
		if d.Reset(nil) != nil { // lets go of the body
			return
		}
	}
	u.pool.Put(u.Reader)
}
