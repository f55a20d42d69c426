package api

import (
	_ "embed"
	"encoding/json"
	"errors"
	"net/http"
)

//go:embed openapi.yaml
var openAPI []byte

// coverage answers /api/v1/coverage.
func (s *Server) coverage(w http.ResponseWriter, r *http.Request) {
	if _, p := parameters(r); p != nil {
		p.write(w)
		return
	}
	writeJSON(w, http.StatusOK, s.deps.Searcher.Coverage())
}

func (s *Server) describe(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/yaml")
	w.Write(openAPI)
}

func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// readyz answers 503 with the reasons as long as there are any.
func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	err := s.deps.Ready()
	if err == nil {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ready"})
		return
	}
	p := problem(http.StatusServiceUnavailable, "not-ready", "not ready", err.Error())
	p.Reasons = []string{err.Error()}
	var several interface{ Unwrap() []error }
	if errors.As(err, &several) {
		p.Reasons = nil
		for _, e := range several.Unwrap() {
			p.Reasons = append(p.Reasons, e.Error())
		}
	}
	p.write(w)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		problem(http.StatusInternalServerError, "internal", "the server failed", "encode the answer: "+err.Error()).write(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(append(body, '\n'))
}
