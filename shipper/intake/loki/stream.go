package loki

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/cespare/xxhash/v2"

	"foghorn/pipeline"
	"foghorn/shipper/intake/entry"
)

// ErrNoStreams is the error of a request without streams, in Loki's words.
var ErrNoStreams = errors.New("error at least one valid stream is required for ingestion")

// maxFaults is how many refused streams an answer names.
const maxFaults = 10

// decoder reads one request.
type decoder struct {
	b       *entry.Batch
	streams int
	labels  []label
	stream  entry.Record // what the stream's labels say of each entry
	name    []byte
	faults  []error
	refused int // entries
}

// done is the outcome of a request that could be read.
func (d *decoder) done() (refused int, err error) {
	if d.streams == 0 {
		return 0, ErrNoStreams
	}
	return d.refused, errors.Join(d.faults...)
}

// begin starts a stream: the label set is read, the source named.
func (d *decoder) begin(text []byte) error {
	d.streams++
	labels, err := parseLabels(d.labels[:0], text)
	d.labels = labels
	if err != nil {
		return err
	}
	d.open()
	return nil
}

// refuse notes a stream that is not taken, with n entries.
func (d *decoder) refuse(n int, err error) {
	d.refused += n
	if len(d.faults) < maxFaults {
		d.faults = append(d.faults, err)
	}
}

// hostLabels and serviceLabels are names that agents give, the better ones first; those of
// the service are Loki's own list (discover_service_name) with its label in front.
var (
	hostLabels    = []string{"host", "hostname", "host_name", "instance", "node_name", "nodename", "node"}
	serviceLabels = []string{"service_name", "service", "app", "application", "name", "app_kubernetes_io_name",
		"container", "container_name", "k8s_container_name", "component", "workload", "job", "compose_service"}
)

// open names the source of a stream and sets its attributes.
func (d *decoder) open() {
	host, service := d.find(hostLabels), d.find(serviceLabels)
	d.stream = entry.Record{}
	for i := range d.labels {
		l := &d.labels[i]
		if i != host && !(i == service && isService(l.name)) && !d.own(&d.stream, l.name, l.value) {
			d.b.Attr(l.name, l.value)
		}
	}
	d.name = d.name[:0]
	if service >= 0 {
		d.b.Service(d.labels[service].value)
		d.name = append(append(d.name, d.labels[service].value...), '/')
	}
	hash := xxhash.New()
	for i := range d.labels {
		// A Digest takes everything.
		_, _ = hash.Write(d.labels[i].name)
		_, _ = hash.Write([]byte{0})
		_, _ = hash.Write(d.labels[i].value)
		_, _ = hash.Write([]byte{0})
	}
	var sum [8]byte
	d.name = hex.AppendEncode(d.name, hash.Sum(sum[:0]))
	var hostName []byte
	if host >= 0 {
		hostName = d.labels[host].value
	}
	d.b.Source(hostName, d.name)
}

// isService says whether a label's name says no more than that its value is the service.
func isService(name []byte) bool {
	return string(name) == "service_name" || string(name) == "service"
}

// find returns the index of the first of names that is a label with a value, or -1.
func (d *decoder) find(names []string) int {
	for _, name := range names {
		for i := range d.labels {
			if string(d.labels[i].name) == name && len(d.labels[i].value) > 0 {
				return i
			}
		}
	}
	return -1
}

// own takes a label that says what a record has a field for.
func (d *decoder) own(r *entry.Record, name, value []byte) bool {
	switch string(name) {
	case "level", "detected_level", "severity", "severity_text":
		if _, ok := pipeline.ParseSeverity(string(value)); !ok || r.SeverityText != nil {
			return false
		}
		r.SeverityText = value
	case "trace_id", "traceid", "traceID", "traceId":
		if !hexID(value, 32) {
			return false
		}
		r.Trace = value
	case "span_id", "spanid", "spanID", "spanId":
		if !hexID(value, 16) {
			return false
		}
		r.Span = value
	default:
		return false
	}
	return true
}

func hexID(id []byte, n int) bool {
	var raw [16]byte
	if len(id) != n {
		return false
	}
	_, err := hex.Decode(raw[:], id)
	return err == nil
}

// metadata takes one pair of an entry's structured metadata.
func (d *decoder) metadata(r *entry.Record, name, value []byte) {
	if !d.own(r, name, value) {
		d.b.Attr(name, value)
	}
}

// timeOf joins seconds and nanoseconds.
func timeOf(seconds, nanos int64) (int64, error) {
	const most = 1<<63/1_000_000_000 - 1
	if seconds < -most || seconds > most || nanos < 0 || nanos >= 1e9 {
		return 0, fmt.Errorf("time %d.%09d is out of range", seconds, nanos)
	}
	return seconds*1e9 + nanos, nil
}
