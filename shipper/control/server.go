package control

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"foghorn/shipper"
)

const (
	maxRequest  = 1 << 20
	requestTime = 10 * time.Second
	stopTime    = time.Second
)

// Server answers for one Shipper.
type Server struct {
	dataDir string
	s       *shipper.Shipper
	log     zerolog.Logger
}

// New returns a Server for the Shipper of a data folder; Run starts it.
func New(dataDir string, s *shipper.Shipper, log zerolog.Logger) *Server {
	return &Server{dataDir: dataDir, s: s, log: log.With().Str("component", "control").Logger()}
}

// Run serves from when the Shipper owns the data folder until ctx ends. Where the socket
// cannot be made it logs that and waits for ctx: shipping goes on without it.
func (v *Server) Run(ctx context.Context) error {
	select {
	case <-v.s.Owned():
	case <-ctx.Done():
		return nil
	}
	l, err := listen(v.dataDir)
	if err != nil {
		v.log.Warn().Err(err).Msg("no control socket: --status and --backfill cannot ask this shipper")
		<-ctx.Done()
		return nil
	}
	srv := &http.Server{
		Handler:        v.handler(),
		ReadTimeout:    requestTime,
		WriteTimeout:   requestTime,
		IdleTimeout:    time.Minute,
		MaxHeaderBytes: 16 << 10,
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }()
	select {
	case <-ctx.Done():
	case err := <-ended:
		v.log.Warn().Err(err).Msg("control socket ended")
		<-ctx.Done()
		return nil
	}
	if err := os.Remove(filepath.Join(v.dataDir, socketName)); err != nil {
		v.log.Warn().Err(err).Msg("control socket is left behind")
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil {
		srv.Close() // requests that last longer are cut
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		v.log.Warn().Err(err).Msg("control socket failed")
	}
	return nil
}

type backfillRequest struct {
	Globs []string `json:"globs"`
}

type backfillAnswer struct {
	ID int `json:"id"`
}

func (v *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, v.s.Status())
	})
	mux.HandleFunc("POST /backfill", func(w http.ResponseWriter, r *http.Request) {
		var q backfillRequest
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
		d.DisallowUnknownFields()
		if err := d.Decode(&q); err != nil {
			refuse(w, http.StatusBadRequest, errors.New("want {\"globs\":[...]}: "+err.Error()))
			return
		}
		id, err := v.s.Backfill(q.Globs)
		if err != nil {
			refuse(w, http.StatusBadRequest, err)
			return
		}
		v.log.Info().Int("id", id).Strs("globs", q.Globs).Msg("backfill was asked for")
		answer(w, backfillAnswer{id})
	})
	mux.HandleFunc("GET /backfill", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.Atoi(r.FormValue("id"))
		if err != nil {
			refuse(w, http.StatusBadRequest, errors.New("want the id of a backfill"))
			return
		}
		p, ok := v.s.BackfillProgress(id)
		if !ok {
			refuse(w, http.StatusNotFound, errors.New("no backfill has this id"))
			return
		}
		answer(w, p)
	})
	return mux
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v) // fails when the client has gone: nobody is left to tell
}

type fault struct {
	Error string `json:"error"`
}

func refuse(w http.ResponseWriter, code int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(fault{err.Error()}) // likewise
}
