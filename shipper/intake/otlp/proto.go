package otlp

import (
	"encoding/hex"
	"fmt"

	"foghorn/shipper/intake/entry"
	"foghorn/shipper/intake/wire"
)

// Field numbers of opentelemetry/proto/collector/logs/v1, logs/v1 and common/v1.
const (
	requestResourceLogs = 1
	resourceResource    = 1
	resourceScopeLogs   = 2
	resourceAttributes  = 1
	scopeScope          = 1
	scopeRecords        = 2
	scopeName           = 1
	scopeVersion        = 2
	scopeAttributes     = 3
	recordTime          = 1
	recordSeverity      = 2
	recordSeverityText  = 3
	recordBody          = 5
	recordAttributes    = 6
	recordTrace         = 9
	recordSpan          = 10
	recordObserved      = 11
	recordEventName     = 12
	pairKey             = 1
	pairValue           = 2
)

// Proto reads a protobuf request into b. refused is how many records were nested too
// deeply. An error other than entry.ErrTooLarge says that body is no request.
func Proto(body []byte, b *entry.Batch) (refused int, err error) {
	d := decoder{b: b}
	r := wire.Read(body)
	for r.Next() {
		if r.Is(requestResourceLogs, wire.Bytes) {
			if err := d.resourceLogs(r.Data); err != nil {
				return 0, err
			}
		}
	}
	return d.refused, r.Err
}

// decoder reads one request.
type decoder struct {
	b       *entry.Batch
	refused int
	text    []byte // values that are made, not found; what was handed on stays as it is
	ids     [48]byte
	// host and service are those of the resource.
	host, service []byte
}

// reset begins a resource.
func (d *decoder) reset() { d.host, d.service = d.host[:0], d.service[:0] }

// resourceLogs reads the records of one resource, the resource before them wherever it stands.
func (d *decoder) resourceLogs(data []byte) error {
	mark := d.b.Mark()
	defer d.b.Rewind(mark)
	d.reset()
	r := wire.Read(data)
	for r.Next() {
		if !r.Is(resourceResource, wire.Bytes) {
			continue
		}
		res := wire.Read(r.Data)
		for res.Next() {
			if res.Is(resourceAttributes, wire.Bytes) {
				if err := d.pair(res.Data, d.resourceAttr); err != nil {
					return err
				}
			}
		}
		if res.Err != nil {
			return res.Err
		}
	}
	if r.Err != nil {
		return r.Err
	}
	d.b.Source(d.host, d.service)
	r = wire.Read(data)
	for r.Next() {
		if r.Is(resourceScopeLogs, wire.Bytes) {
			if err := d.scopeLogs(r.Data); err != nil {
				return err
			}
		}
	}
	return nil
}

// resourceAttr takes an attribute of a resource.
func (d *decoder) resourceAttr(key, value []byte) {
	switch string(key) {
	case "host.name":
		d.host = append(d.host[:0], value...) // the source tells it
		return
	case "service.name":
		d.service = append(d.service[:0], value...)
		d.b.Service(value)
		return
	}
	d.b.Attr(key, value)
}

func (d *decoder) scopeLogs(data []byte) error {
	mark := d.b.Mark()
	defer d.b.Rewind(mark)
	r := wire.Read(data)
	for r.Next() {
		if !r.Is(scopeScope, wire.Bytes) {
			continue
		}
		if err := d.scope(r.Data); err != nil {
			return err
		}
	}
	if r.Err != nil {
		return r.Err
	}
	r = wire.Read(data)
	for r.Next() {
		if r.Is(scopeRecords, wire.Bytes) {
			if err := d.record(r.Data); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *decoder) scope(data []byte) error {
	var name, version []byte
	r := wire.Read(data)
	for r.Next() {
		switch {
		case r.Is(scopeName, wire.Bytes):
			name = r.Data
		case r.Is(scopeVersion, wire.Bytes):
			version = r.Data
		case r.Is(scopeAttributes, wire.Bytes):
			if err := d.pair(r.Data, d.b.Attr); err != nil {
				return err
			}
		}
	}
	d.b.Attr(attrScopeName, name)
	d.b.Attr(attrScopeVersion, version)
	return r.Err
}

func (d *decoder) record(data []byte) error {
	mark := d.b.Mark()
	defer d.b.Rewind(mark)
	var rec entry.Record
	var observed int64
	var event []byte
	deep := false
	r := wire.Read(data)
	for r.Next() {
		var err error
		switch {
		case r.Is(recordTime, wire.Fixed64):
			rec.Time = int64(r.Value)
		case r.Is(recordObserved, wire.Fixed64):
			observed = int64(r.Value)
		case r.Is(recordSeverity, wire.Varint):
			rec.Severity = int(r.Value)
		case r.Is(recordSeverityText, wire.Bytes):
			rec.SeverityText = r.Data
		case r.Is(recordBody, wire.Bytes):
			rec.Line, err = d.value(r.Data)
		case r.Is(recordAttributes, wire.Bytes):
			err = d.pair(r.Data, d.b.Attr)
		case r.Is(recordTrace, wire.Bytes) && len(r.Data) == 16:
			hex.Encode(d.ids[:32], r.Data)
			rec.Trace = d.ids[:32]
		case r.Is(recordSpan, wire.Bytes) && len(r.Data) == 8:
			hex.Encode(d.ids[32:], r.Data)
			rec.Span = d.ids[32:]
		case r.Is(recordEventName, wire.Bytes):
			event = r.Data
		}
		if deep = deep || isDeep(err); err != nil && !isDeep(err) {
			return err
		}
	}
	if r.Err != nil {
		return fmt.Errorf("log record: %w", r.Err)
	}
	return d.add(&rec, observed, event, deep)
}

// add hands a record on.
func (d *decoder) add(rec *entry.Record, observed int64, event []byte, deep bool) error {
	if deep {
		d.refused++
		return nil
	}
	if rec.Time == 0 {
		rec.Time = observed
	}
	if len(event) > 0 {
		if d.b.Attr(attrEventName, event); len(rec.Line) == 0 {
			rec.Line = event
		}
	}
	return d.b.Add(rec)
}

// Names of attributes for what OTLP holds in fields of its own, by its specification for
// systems that have no such fields.
var (
	attrScopeName    = []byte("otel.scope.name")
	attrScopeVersion = []byte("otel.scope.version")
	attrEventName    = []byte("event.name")
)

// pair reads a KeyValue. take must not keep the value.
func (d *decoder) pair(data []byte, take func(key, value []byte)) error {
	var key, value []byte
	start := len(d.text)
	r := wire.Read(data)
	for r.Next() {
		switch {
		case r.Is(pairKey, wire.Bytes):
			key = r.Data
		case r.Is(pairValue, wire.Bytes):
			var err error
			if value, err = d.value(r.Data); err != nil {
				return err
			}
		}
	}
	if r.Err != nil {
		return fmt.Errorf("attribute: %w", r.Err)
	}
	take(key, value)
	d.text = d.text[:start]
	return nil
}
