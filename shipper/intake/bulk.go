package intake

import (
	"errors"
	"net/http"
	"time"

	"foghorn/shipper/intake/bulk"
	"foghorn/shipper/intake/entry"
)

// bulkProtocol is Elasticsearch's _bulk.
type bulkProtocol struct{ elasticProtocol }

func (bulkProtocol) methods() []string { return []string{http.MethodPost, http.MethodPut} }

func (bulkProtocol) accepts(*http.Request) (packed bool, err error) { return false, nil }

func (bulkProtocol) decode(r *http.Request, body []byte, w *work) error {
	items, err := bulk.Read(body, r.PathValue("index"), w.lines, w.items)
	w.items = items
	var malformed *bulk.Malformed
	switch {
	case errors.Is(err, entry.ErrTooLarge):
		return err
	case errors.As(err, &malformed):
		return refuse(http.StatusBadRequest, "%s", err)
	}
	for i := range items {
		if items[i].Type != "" {
			w.refused++
		}
	}
	return err
}

func (bulkProtocol) succeed(rw http.ResponseWriter, r *http.Request, w *work) {
	w.out = bulk.Answer(w.out, w.items, time.Since(w.started).Milliseconds(), r.PathValue("index"), r.URL.Query().Get("filter_path"))
	elasticHeaders(rw)
	write(rw, http.StatusOK, elasticType, w.out)
}
