package intake

import (
	"errors"
	"mime"
	"net/http"

	"foghorn/shipper/intake/entry"
	"foghorn/shipper/intake/loki"
)

// lokiProtocol is Loki's push.
type lokiProtocol struct{}

func (lokiProtocol) methods() []string { return []string{http.MethodPost} }

// isJSON says how the body is written: JSON when its type says so, else protobuf in a
// snappy block, as in Loki.
func (lokiProtocol) isJSON(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return kind == "application/json"
}

func (p lokiProtocol) accepts(r *http.Request) (packed bool, err error) {
	if _, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil && r.Header.Get("Content-Type") != "" {
		return false, refuse(http.StatusBadRequest, "Content-Type: %s", err)
	}
	return !p.isJSON(r), nil
}

func (p lokiProtocol) decode(r *http.Request, body []byte, w *work) error {
	read := loki.Proto
	if p.isJSON(r) {
		read = loki.JSON
	}
	refused, err := read(body, w.lines)
	var malformed *loki.Malformed
	switch {
	case errors.Is(err, entry.ErrTooLarge):
		return err
	case errors.Is(err, loki.ErrNoStreams):
		return refuse(http.StatusUnprocessableEntity, "%s", err)
	case errors.As(err, &malformed):
		return refuse(http.StatusBadRequest, "%s", err)
	}
	w.refused, w.why = refused, err
	return nil
}

func (p lokiProtocol) succeed(rw http.ResponseWriter, r *http.Request, w *work) {
	if w.why != nil { // the good streams are stored; the sender is not to send them again
		p.fail(rw, r, &fault{http.StatusBadRequest, w.why.Error()})
		return
	}
	rw.WriteHeader(http.StatusNoContent)
}

func (lokiProtocol) fail(rw http.ResponseWriter, _ *http.Request, f *fault) {
	http.Error(rw, f.message, f.status)
}
