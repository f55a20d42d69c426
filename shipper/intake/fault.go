package intake

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"foghorn/shipper/intake/entry"
	"foghorn/shipper/spool"
)

// fault is why a request gets no success.
type fault struct {
	status  int
	message string
}

func (f *fault) Error() string { return fmt.Sprintf("%d: %s", f.status, f.message) }

func refuse(status int, format string, args ...any) error {
	return &fault{status, fmt.Sprintf(format, args...)}
}

// errNoRoom says that this server has no room for the request now.
var errNoRoom = &fault{http.StatusTooManyRequests, "too many requests at once, try again later"}

// errSlow says that a request did not come in time. It is no 408: agents of OTLP and Loki
// give up what gets one, and send again what gets a 503.
var errSlow = &fault{http.StatusServiceUnavailable, "the request did not come in time, try again later"}

// faultOf finds what to answer to an error.
func faultOf(err error) *fault {
	var f *fault
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, entry.ErrTooLarge), errors.Is(err, spool.ErrTooLarge):
		return &fault{http.StatusRequestEntityTooLarge, err.Error()}
	case errors.As(err, &large):
		return &fault{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes; send smaller requests", large.Limit)}
	case errors.Is(err, spool.ErrFull):
		return &fault{http.StatusTooManyRequests, "the queue is full, try again later"}
	case errors.Is(err, spool.ErrClosed):
		return &fault{http.StatusServiceUnavailable, "the server stops, try again later"}
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return errSlow
	case errors.Is(err, context.Canceled):
		return &fault{http.StatusServiceUnavailable, "the request was broken off, try again later"}
	}
	return &fault{http.StatusServiceUnavailable, "the lines could not be stored, try again later"}
}

// later says whether the same request may have success later.
func (f *fault) later() bool {
	return f.status == http.StatusTooManyRequests || f.status == http.StatusServiceUnavailable
}
