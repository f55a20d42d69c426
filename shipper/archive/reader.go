package archive

import (
	"bufio"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// MaxWindow is how far back a zstd frame may refer, and so what decompressing it takes at
// most: zstd's levels up to 20 stay within, --long=27 and --ultra -22 do not.
const MaxWindow = 32 << 20

var (
	// ErrDamaged says that what follows cannot be decompressed.
	ErrDamaged = errors.New("archive is damaged")
	// ErrShort says that the file ends before the archive does. It is an ErrDamaged.
	ErrShort = fmt.Errorf("%w: it ends too early", ErrDamaged)
)

type open func(r io.Reader) (io.Reader, func(), error)

var formats = []struct {
	ext  string
	open open
}{
	{".gz", openGzip},
	{".zst", openZstd},
	{".bz2", openBzip2},
}

// Plain returns the name that a compressed file had before, and whether path is the name
// of one.
func Plain(path string) (plain string, ok bool) {
	ext := filepath.Ext(path)
	for _, f := range formats {
		if plain = strings.TrimSuffix(path, ext); f.ext == ext && filepath.Base(plain) != "/" && !strings.HasSuffix(plain, "/") {
			return plain, true
		}
	}
	return path, false
}

// Reader gives the decompressed bytes of one file, and is used by one goroutine. It reads
// the file from its beginning, whatever its offset was.
type Reader struct {
	from  *counter
	plain io.Reader
	close func()
	at    int64
}

// NewReader opens the archive in f, which stays the caller's. Errors: ErrDamaged or
// ErrShort, or of the system.
func NewReader(f *os.File) (*Reader, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read archive: %w", err)
	}
	r := &Reader{from: &counter{r: f}, close: func() {}}
	ext := filepath.Ext(f.Name())
	for _, format := range formats {
		if format.ext == ext {
			plain, stop, err := format.open(bufio.NewReaderSize(r.from, 64<<10))
			if err != nil {
				return nil, r.fault(err)
			}
			r.plain, r.close = plain, stop
			return r, nil
		}
	}
	return nil, fmt.Errorf("%s: %w: its name does not say how it was compressed", f.Name(), ErrDamaged)
}

// Read implements io.Reader. Behind the last byte before a damage it returns ErrDamaged or
// ErrShort, with the offset where that is.
func (r *Reader) Read(p []byte) (int, error) {
	n, err := r.plain.Read(p)
	r.at += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		err = r.fault(err)
	}
	return n, err
}

func (r *Reader) fault(err error) error {
	switch {
	case r.from.err != nil:
		return fmt.Errorf("read archive: %w", r.from.err)
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return fmt.Errorf("at offset %d, compressed %d: %w", r.at, r.from.n, ErrShort)
	}
	return fmt.Errorf("at offset %d, compressed %d: %w: %w", r.at, r.from.n, ErrDamaged, err)
}

// Consumed is how many compressed bytes were read so far.
func (r *Reader) Consumed() int64 { return r.from.n }

// Close gives the Reader's memory back.
func (r *Reader) Close() { r.close() }

// counter tells the file system's errors from those of the format.
type counter struct {
	r   io.Reader
	n   int64
	err error
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

func openGzip(r io.Reader) (io.Reader, func(), error) {
	z, err := gzip.NewReader(r)
	return z, func() {}, err
}

func openBzip2(r io.Reader) (io.Reader, func(), error) {
	return bzip2.NewReader(r), func() {}, nil
}

func openZstd(r io.Reader) (io.Reader, func(), error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(MaxWindow))
	if err != nil {
		return nil, nil, err
	}
	return z, z.Close, nil
}
