package pipeline

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
)

// LineDecoder reads records of logs.raw as DecodeLine does, without allocating again what
// the lines of a source have in common: its id, labels, format and zone. The zero
// LineDecoder is ready. It is used by one goroutine at a time. The Labels of a Line are valid
// until the next Decode, and must not be changed.
type LineDecoder struct {
	last  *sourceMemo
	known map[string]*sourceMemo
}

// sourceMemo is what the line before had in common with most of its source.
type sourceMemo struct {
	source       string
	labels       []Attr
	format, zone string
}

// maxMemos is how many sources a LineDecoder knows before it begins anew.
const maxMemos = 10_000

// Decode reads a record of logs.raw, see DecodeLine.
func (d *LineDecoder) Decode(m *Message) (Line, error) {
	k := d.last
	if k == nil || k.source != string(m.Key) {
		if k = d.known[string(m.Key)]; k == nil {
			if d.known == nil || len(d.known) >= maxMemos {
				d.known = make(map[string]*sourceMemo)
			}
			k = &sourceMemo{source: string(m.Key)}
			d.known[k.source] = k
		}
		d.last = k
	}
	return k.decode(m)
}

// decode reads a record whose key is k.source.
func (k *sourceMemo) decode(m *Message) (l Line, err error) {
	l = Line{Raw: m.Value, Observed: m.Time}
	found, labels := false, 0
	for i := range m.Headers {
		h := &m.Headers[i]
		switch {
		case h.Key == HeaderLine:
			if err := decodeLineHeader(&l, h.Value); err != nil {
				return Line{}, fmt.Errorf("%w: %q: %w", ErrBadLineHeader, h.Value, err)
			}
			found = true
		case h.Key == HeaderSizes:
			if l.Sizes, err = decodeSizes(string(h.Value)); err != nil {
				return Line{}, fmt.Errorf("%w: %s: %w", ErrBadLineHeader, HeaderSizes, err)
			}
		case h.Key == HeaderFormat:
			l.Format = same(&k.format, h.Value)
		case h.Key == HeaderZone:
			l.Zone = same(&k.zone, h.Value)
		case len(h.Key) >= len(HeaderLabel) && h.Key[:len(HeaderLabel)] == HeaderLabel:
			k.label(labels, h.Key[len(HeaderLabel):], h.Value)
			labels++
		}
	}
	if k.labels = k.labels[:labels]; labels > 0 {
		l.Labels = k.labels
	}
	if found {
		if len(k.source) == 0 {
			return Line{}, fmt.Errorf("%w: the record has no key, which is the source", ErrBadLineHeader)
		}
		l.ID.Source = k.source
		if err := checkSizes(l.Raw, l.Size, l.Sizes); err != nil {
			return Line{}, fmt.Errorf("%w: %s: %w", ErrBadLineHeader, HeaderSizes, err)
		}
		return l, nil
	}
	l.ID = LineID{Source: m.Topic + "/" + strconv.Itoa(m.Partition), Offset: m.Offset}
	l.Size, l.Sizes = 1, nil
	if n := len(l.Raw); n > 0 && l.Raw[n-1] == '\n' {
		l.Raw = l.Raw[:n-1]
	}
	return l, nil
}

// label takes a line's i-th label.
func (k *sourceMemo) label(i int, key string, value []byte) {
	if i == len(k.labels) {
		k.labels = append(k.labels, Attr{})
	}
	l := &k.labels[i]
	if l.Key = key; l.Value != string(value) {
		l.Value = string(value)
	}
}

// decodeLineHeader reads the value of HeaderLine.
func decodeLineHeader(l *Line, b []byte) error {
	if plainLineHeader(l, b) {
		return nil
	}
	return partedLineHeader(l, b)
}

// partedLineHeader reads the value of HeaderLine whoever wrote it, and tells its fault.
func partedLineHeader(l *Line, b []byte) error {
	gen, rest, ok1 := bytes.Cut(b, colon)
	off, rest, ok2 := bytes.Cut(rest, colon)
	size, flag, cut := bytes.Cut(rest, colon)
	if !ok1 || !ok2 || (cut && string(flag) != "t") {
		return errLineHeader
	}
	var err error
	if l.ID.Generation, err = parseHex(gen); err != nil {
		return err
	}
	if l.ID.Offset, err = parseDecimal(off); err != nil {
		return err
	}
	if l.Size, err = parseDecimal(size); err != nil {
		return err
	}
	if l.ID.Offset < 0 || l.Size < 0 {
		return errNegative
	}
	if l.Size > math.MaxInt64-l.ID.Offset {
		return errTooLarge
	}
	l.Truncated = cut
	return nil
}

// plainLineHeader reads the value of HeaderLine, in one pass, if it is written as
// appendLineHeader does.
func plainLineHeader(l *Line, b []byte) bool {
	const hex = 16
	if len(b) <= hex || b[hex] != ':' {
		return false
	}
	generation := uint64(0)
	for _, c := range b[:hex] {
		v := c - '0'
		if v > 9 {
			if v = c - 'a' + 10; v < 10 || v > 15 {
				return false
			}
		}
		generation = generation<<4 | uint64(v)
	}
	offset, i := plainDecimal(b, hex+1)
	if i == len(b) || b[i] != ':' {
		return false
	}
	size, k := plainDecimal(b, i+1)
	truncated := k+2 == len(b) && b[k] == ':' && b[k+1] == 't'
	if i-hex-1 < 1 || i-hex-1 > 18 || k-i-1 < 1 || k-i-1 > 18 || k < len(b) && !truncated {
		return false
	}
	l.ID.Generation, l.ID.Offset, l.Size, l.Truncated = generation, offset, size, truncated
	return true
}

// plainDecimal reads the digits at i, of which up to 18 make a number, and returns where they
// end.
func plainDecimal(b []byte, i int) (v int64, end int) {
	for ; i < len(b) && b[i]-'0' < 10; i++ {
		v = v*10 + int64(b[i]-'0')
	}
	return v, i
}

// parseHex and parseDecimal read numbers as strconv does, the usual ones without a string.
func parseHex(b []byte) (uint64, error) {
	v := uint64(0)
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		default:
			return strconv.ParseUint(string(b), 16, 64)
		}
		v = v<<4 | uint64(c)
	}
	if len(b) == 0 || len(b) > 16 {
		return strconv.ParseUint(string(b), 16, 64)
	}
	return v, nil
}

func parseDecimal(b []byte) (int64, error) {
	if len(b) == 0 || len(b) > 18 {
		return strconv.ParseInt(string(b), 10, 64)
	}
	v := int64(0)
	for _, c := range b {
		if c < '0' || c > '9' {
			return strconv.ParseInt(string(b), 10, 64)
		}
		v = v*10 + int64(c-'0')
	}
	return v, nil
}
