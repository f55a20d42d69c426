package client

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/valyala/fastjson"
)

// Hit is one result of a search or one live line. Line and Raw are valid only until the
// callback that was given the hit returns.
type Hit struct {
	Source, Host, Path string
	Service, Level     string
	Generation         uint64
	Offset             int64
	// Timestamp is zero for counts and sources.
	Timestamp time.Time
	// N is the line's number in its generation, from 1.
	N              int64
	Context, Group bool
	Truncated      bool
	Count          int64
	Line           []byte
	// Fields are what the parser found, in its order.
	Fields []Field
	// Raw is the object as the server sent it.
	Raw []byte
}

// Field is one field of a hit.
type Field struct{ Name, Value string }

// decoder reads hits. It keeps the strings of the hit before, which hardly change.
type decoder struct {
	parser fastjson.Parser
	hit    Hit
	binary []byte
}

// decode reads one object. The hit is valid until the next call.
func (d *decoder) decode(raw []byte) (*Hit, error) {
	v, err := d.parser.ParseBytes(raw)
	if err != nil {
		return nil, fmt.Errorf("read a hit: %w", err)
	}
	o, err := v.Object()
	if err != nil {
		return nil, fmt.Errorf("read a hit: %w", err)
	}
	h := &d.hit
	*h = Hit{Source: h.Source, Host: h.Host, Path: h.Path, Service: h.Service, Level: h.Level, Fields: h.Fields[:0], Raw: raw}
	var host, path, service, level bool
	visit := func(k []byte, v *fastjson.Value) {
		if err != nil {
			return
		}
		switch string(k) {
		case "timestamp":
			h.Timestamp, err = time.Parse(time.RFC3339Nano, string(v.GetStringBytes()))
		case "source":
			keep(&h.Source, v.GetStringBytes())
		case "source_base64":
			err = d.decodeBase64(&h.Source, v)
		case "host":
			host = true
			keep(&h.Host, v.GetStringBytes())
		case "host_base64":
			host, err = true, d.decodeBase64(&h.Host, v)
		case "path":
			path = true
			keep(&h.Path, v.GetStringBytes())
		case "path_base64":
			path, err = true, d.decodeBase64(&h.Path, v)
		case "service":
			service = true
			keep(&h.Service, v.GetStringBytes())
		case "level":
			level = true
			keep(&h.Level, v.GetStringBytes())
		case "generation":
			h.Generation, err = strconv.ParseUint(string(v.GetStringBytes()), 10, 64)
		case "offset":
			h.Offset = v.GetInt64()
		case "n":
			h.N = v.GetInt64()
		case "count":
			h.Count = v.GetInt64()
		case "context":
			h.Context = v.GetBool()
		case "group":
			h.Group = v.GetBool()
		case "truncated":
			h.Truncated = v.GetBool()
		case "line":
			h.Line = v.GetStringBytes()
		case "line_base64":
			d.binary, err = base64.StdEncoding.AppendDecode(d.binary[:0], v.GetStringBytes())
			h.Line = d.binary
		case "fields":
			v.GetObject().Visit(func(k []byte, v *fastjson.Value) {
				h.Fields = append(h.Fields, Field{Name: string(k), Value: string(v.GetStringBytes())})
			})
		}
	}
	o.Visit(visit)
	clear := func(has bool, s *string) {
		if !has {
			*s = ""
		}
	}
	clear(host, &h.Host)
	clear(path, &h.Path)
	clear(service, &h.Service)
	clear(level, &h.Level)
	if err != nil {
		return nil, fmt.Errorf("read a hit: %w", err)
	}
	return h, nil
}

func (d *decoder) decodeBase64(to *string, v *fastjson.Value) (err error) {
	d.binary, err = base64.StdEncoding.AppendDecode(d.binary[:0], v.GetStringBytes())
	keep(to, d.binary)
	return err
}

// keep sets *to without allocating when it holds the same already.
func keep(to *string, v []byte) {
	if *to != string(v) {
		*to = string(v)
	}
}

// decodeError reads the object {"error": …} that ends a failed stream.
func decodeError(raw []byte, to error) error {
	var v struct {
		Error json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return fmt.Errorf("read the server's error: %w", err)
	}
	if err := json.Unmarshal(v.Error, to); err != nil {
		return fmt.Errorf("read the server's error: %w", err)
	}
	return to
}

var errNoSummary = errors.New("the answer ended before its summary: the connection or the server broke, so lines may be missing")
