package intake

import (
	"errors"
	"mime"
	"net/http"

	"foghorn/shipper/intake/entry"
	"foghorn/shipper/intake/otlp"
)

// otlpProtocol is OTLP/HTTP.
type otlpProtocol struct{}

func (otlpProtocol) methods() []string { return []string{http.MethodPost} }

// encoding is that of a request, and so of its answer; without a known one it is text,
// which a person can read.
func (otlpProtocol) encoding(r *http.Request) (e otlp.Encoding, known bool) {
	switch kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind {
	case otlp.TypeProtobuf, "application/protobuf":
		return otlp.Protobuf, true
	case otlp.TypeJSON:
		return otlp.Text, true
	}
	return otlp.Text, false
}

func (p otlpProtocol) accepts(r *http.Request) (packed bool, err error) {
	if _, ok := p.encoding(r); !ok {
		return false, refuse(http.StatusUnsupportedMediaType, "Content-Type %.64q: want %s or %s", r.Header.Get("Content-Type"), otlp.TypeProtobuf, otlp.TypeJSON)
	}
	return false, nil
}

// errDeep is told to a sender some of whose records were refused.
var errDeep = errors.New("values are nested too deeply")

func (p otlpProtocol) decode(r *http.Request, body []byte, w *work) error {
	var err error
	if e, _ := p.encoding(r); e == otlp.Text {
		err = otlp.JSON(body, w.lines)
	} else {
		w.refused, err = otlp.Proto(body, w.lines)
	}
	switch {
	case err == nil && w.refused > 0:
		w.why = errDeep
		return nil
	case err == nil, errors.Is(err, entry.ErrTooLarge):
		return err
	}
	return refuse(http.StatusBadRequest, "the body is no ExportLogsServiceRequest: %s", err)
}

func (p otlpProtocol) succeed(rw http.ResponseWriter, r *http.Request, w *work) {
	e, _ := p.encoding(r)
	why := ""
	if w.why != nil {
		why = w.why.Error()
	}
	write(rw, http.StatusOK, e.ContentType(), e.Answer(w.refused, why))
}

func (p otlpProtocol) fail(rw http.ResponseWriter, r *http.Request, f *fault) {
	e, _ := p.encoding(r)
	write(rw, f.status, e.ContentType(), e.Fault(f.status, f.message))
}
