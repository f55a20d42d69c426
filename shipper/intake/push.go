package intake

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"foghorn/pipeline"
	"foghorn/shipper/intake/entry"
	"foghorn/shipper/intake/json"
)

// pushProtocol takes lines of text, one per line of the body:
//
//	curl --data-binary @app.log 'http://127.0.0.1:8518/api/v1/push?service=app&env=prod'
//
// Parameters of the URL, and pairs in X-Foghorn-Labels (service=app, env=prod), are labels
// of every line; host names where the lines come from, format and zone say how to read
// them. With an Idempotency-Key a request can be sent again without doubling its lines.
type pushProtocol struct{}

const (
	labelsHeader = "X-Foghorn-Labels"
	keyHeader    = "Idempotency-Key"
	maxLabels    = 64
	maxSetting   = 64
)

func (pushProtocol) methods() []string { return []string{http.MethodPost, http.MethodPut} }

func (pushProtocol) accepts(r *http.Request) (packed bool, err error) {
	if kind := r.Header.Get("Content-Type"); strings.HasPrefix(kind, "multipart/") {
		return false, refuse(http.StatusUnsupportedMediaType, "Content-Type %.64q: want the lines as they are (curl --data-binary)", kind)
	}
	return false, nil
}

func (pushProtocol) decode(r *http.Request, body []byte, w *work) error {
	labels, err := pushLabels(r)
	if err != nil {
		return refuse(http.StatusBadRequest, "%s", err)
	}
	var host, service, format, zone string
	for _, l := range labels {
		switch l.Key {
		case "host", "host.name":
			host = l.Value
			continue
		case "format":
			format = l.Value
			continue
		case "zone":
			zone = l.Value
			continue
		case "service", "service.name":
			service = l.Value
			w.lines.Service([]byte(service))
			continue
		}
		w.lines.Attr([]byte(l.Key), []byte(l.Value))
	}
	if len(format) > maxSetting || len(zone) > maxSetting {
		return refuse(http.StatusBadRequest, "format and zone: want at most %d characters", maxSetting)
	}
	if _, err := time.LoadLocation(zone); err != nil {
		return refuse(http.StatusBadRequest, "zone %q: want an IANA time zone like Europe/Berlin", zone)
	}
	w.lines.Settings(format, zone)
	w.lines.Source([]byte(host), []byte(service))
	w.key = r.Header.Get(keyHeader)
	var rec entry.Record
	for len(body) > 0 {
		rec.Line, body, _ = bytes.Cut(body, []byte{'\n'})
		if err := w.lines.Add(&rec); err != nil {
			return err
		}
	}
	return nil
}

// pushLabels gathers the labels of the URL and the header, sorted by name.
func pushLabels(r *http.Request) ([]pipeline.Attr, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("parameters: %w", err)
	}
	var labels []pipeline.Attr
	for key, values := range query {
		if len(values) != 1 {
			return nil, fmt.Errorf("parameter %.64q: want it once", key)
		}
		labels = append(labels, pipeline.Attr{Key: key, Value: values[0]})
	}
	for pair := range strings.SplitSeq(r.Header.Get(labelsHeader), ",") {
		if pair = strings.TrimSpace(pair); pair == "" {
			continue
		}
		key, value, ok := strings.Cut(pair, "=")
		if key = strings.TrimSpace(key); !ok || key == "" {
			return nil, fmt.Errorf("%s: %.64q: want name=value, ...", labelsHeader, pair)
		}
		labels = append(labels, pipeline.Attr{Key: key, Value: strings.TrimSpace(value)})
	}
	if len(labels) > maxLabels {
		return nil, errors.New("too many labels")
	}
	slices.SortStableFunc(labels, func(a, b pipeline.Attr) int { return strings.Compare(a.Key, b.Key) })
	return labels, nil
}

func (pushProtocol) succeed(rw http.ResponseWriter, _ *http.Request, w *work) {
	w.out = fmt.Appendf(w.out, `{"lines":%d,"bytes":%d}`+"\n", len(w.lines.Lines), w.lines.Bytes)
	write(rw, http.StatusOK, "application/json", w.out)
}

// fail answers with a problem (RFC 9457).
func (pushProtocol) fail(rw http.ResponseWriter, _ *http.Request, f *fault) {
	b := fmt.Appendf(nil, `{"status":%d,"title":`, f.status)
	b = json.AppendString(b, []byte(strings.ToLower(http.StatusText(f.status))))
	b = json.AppendString(append(b, `,"detail":`...), []byte(f.message))
	write(rw, f.status, "application/problem+json", append(b, '}', '\n'))
}
