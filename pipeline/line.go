package pipeline

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// LineID is the identity of a line: it does not change when the line is read again,
// by another process or after a crash. Two lines are the same line exactly when their
// LineIDs are equal.
type LineID struct {
	// Source is where lines come from, in order: host and path of a file joined by
	// SourceID, or topic and partition for a foreign producer's records.
	Source string
	// Generation is one life of the source's content. A rename keeps it, a truncation
	// or a new file under the same path starts another. 0 for foreign producers.
	Generation uint64
	// Offset is the byte offset of the line's first byte in its generation, or the
	// Kafka offset of a foreign record.
	Offset int64
}

// Line is one raw line on its way from a shipper to the parser.
type Line struct {
	ID LineID
	// Raw is the line as it was read, without its line feed (a carriage return stays). A
	// multi-line event is several original lines joined by their line feeds: ID is the
	// first one's, and Size is what all of them take. A truncated line is never joined.
	Raw []byte
	// Size is how many bytes the line takes in its source, line feed included, so that
	// ID.Offset+Size is the offset of the next line. For a line cut at the limit it is
	// larger than len(Raw)+1; for a last line without line feed it is len(Raw). For a
	// foreign record it is 1, as Kafka offsets count records.
	Size int64
	// Sizes is nil, or how many bytes each of the original lines of a joined Raw takes in
	// the source, line feed included. It is set where they do not follow from Raw: when
	// redaction has changed a line's length.
	Sizes []int64
	// Truncated says that the line was longer than the limit and Raw is its beginning.
	Truncated bool
	// Observed is when Foghorn first saw the line (the time of producing).
	Observed time.Time
	// Labels are the shipper's labels for the source (service, env, ...), sorted by key.
	Labels []Attr
	// Format and Zone are settings of the source, or empty: the name of the lines' format,
	// and the IANA time zone of times that tell none. They go before what a parser learns.
	Format, Zone string
}

// SourceID joins a host name and an absolute path into a source id.
func SourceID(host, path string) string { return host + ":" + path }

// SplitSource is the inverse of SourceID. A source id without ':' has no host.
func SplitSource(source string) (host, path string) {
	if i := strings.IndexByte(source, ':'); i >= 0 {
		return source[:i], source[i+1:]
	}
	return "", source
}

// Headers of a record on logs.raw.
//
//	foghorn.line   <generation, 16 hex digits> ':' <offset> ':' <size> [ ':' 't' ]
//	foghorn.sizes  <size> { ',' <size> }, one per original line; only with Line.Sizes
//	foghorn.format <name>, foghorn.zone <IANA name>; only where they are set
//	label.<name>   one per label, in the order of Line.Labels
//
// The record's key is the source id, its value the raw bytes. A record without the
// foghorn.line header is a foreign producer's.
const (
	HeaderLine   = "foghorn.line"
	HeaderSizes  = "foghorn.sizes"
	HeaderFormat = "foghorn.format"
	HeaderZone   = "foghorn.zone"
	HeaderLabel  = "label."
)

// ErrBadLineHeader is wrapped by DecodeLine's error when a record carries a
// foghorn.line header that cannot be read. The record belongs on logs.deadletter.
var ErrBadLineHeader = errors.New("bad " + HeaderLine + " header")

// What can be wrong with a foghorn.line header.
var (
	colon         = []byte{':'}
	errLineHeader = errors.New("want generation:offset:size[:t]")
	errNegative   = errors.New("negative offset or size")
	errTooLarge   = errors.New("offset and size are too large")
)

// EncodeLine makes the logs.raw record of a line. The record's partition is set to -1:
// the producer chooses it by the key, so that one source keeps to one partition.
func EncodeLine(l *Line) Message {
	buf := appendLineHeader(make([]byte, 0, 48), l)
	n := 1 + len(l.Labels)
	if l.Sizes != nil || l.Format != "" || l.Zone != "" {
		n += 3
	}
	headers := make([]Header, 1, n)
	headers[0] = Header{Key: HeaderLine, Value: buf}
	if l.Sizes != nil {
		headers = append(headers, Header{Key: HeaderSizes, Value: appendSizes(nil, l.Sizes)})
	}
	if l.Format != "" {
		headers = append(headers, Header{Key: HeaderFormat, Value: []byte(l.Format)})
	}
	if l.Zone != "" {
		headers = append(headers, Header{Key: HeaderZone, Value: []byte(l.Zone)})
	}
	for _, a := range l.Labels {
		headers = append(headers, Header{Key: HeaderLabel + a.Key, Value: []byte(a.Value)})
	}
	return Message{
		Topic: TopicRaw, Partition: -1,
		Key: []byte(l.ID.Source), Value: l.Raw, Headers: headers, Time: l.Observed,
	}
}

// DecodeLine reads a record of logs.raw. A record without our header is a foreign
// producer's line: its identity is (topic/partition, 0, Kafka offset), and one trailing
// line feed is taken off. The line shares the record's memory.
func DecodeLine(m *Message) (Line, error) {
	k := sourceMemo{source: string(m.Key)}
	return k.decode(m)
}

func appendSizes(b []byte, sizes []int64) []byte {
	for i, n := range sizes {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, n, 10)
	}
	return b
}

func decodeSizes(s string) ([]int64, error) {
	var sizes []int64
	for part := range strings.SplitSeq(s, ",") {
		n, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			return nil, err
		}
		if n < 0 || n > math.MaxInt32 {
			return nil, errors.New("size out of range")
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}

func appendHex16(b []byte, v uint64) []byte {
	const digits = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, digits[v>>uint(shift)&15])
	}
	return b
}
