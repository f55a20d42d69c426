package intake

import (
	"encoding/binary"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"foghorn/pipeline"
	"foghorn/shipper/intake/bulk"
	"foghorn/shipper/intake/entry"
	"foghorn/shipper/spool"
)

// protocol is what endpoints differ in. It holds nothing.
type protocol interface {
	refuser
	// methods are those that the endpoint answers.
	methods() []string
	// accepts refuses a request by its headers. packed says that its body is a snappy
	// block.
	accepts(r *http.Request) (packed bool, err error)
	// decode reads the body into w.lines. An error refuses the request whole.
	decode(r *http.Request, body []byte, w *work) error
	// succeed answers that all of w is stored.
	succeed(rw http.ResponseWriter, r *http.Request, w *work)
}

// refuser answers with an error, in a protocol's own form.
type refuser interface {
	fail(rw http.ResponseWriter, r *http.Request, f *fault)
}

// work is the memory of one request, used again by the next.
type work struct {
	lines *entry.Batch
	items []bulk.Item // of a bulk request
	out   []byte      // of its answer
	// refused is how many records of a request that was taken were not, why the reason.
	refused int
	why     error
	// key is what the sender calls the request, or "".
	key     string
	started time.Time
}

// endpoint makes the handler of a protocol.
func (s *Server) endpoint(name string, p protocol) http.Handler {
	return s.count(name, s.guard(p, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if methods := p.methods(); !slices.Contains(methods, r.Method) {
			rw.Header().Set("Allow", strings.Join(methods, ", "))
			s.fail(rw, r, p, refuse(http.StatusMethodNotAllowed, "method %.16q: want %s", r.Method, strings.Join(methods, " or ")))
			return
		}
		if !s.requests.take() {
			s.fail(rw, r, p, errNoRoom)
			return
		}
		defer s.requests.give()
		s.metrics.inFlight.Inc()
		defer s.metrics.inFlight.Dec()
		s.serve(rw, r, name, p)
	})))
}

// serve takes a request from its body to its answer.
func (s *Server) serve(rw http.ResponseWriter, r *http.Request, name string, p protocol) {
	started := time.Now()
	packed, err := p.accepts(r)
	if err != nil {
		s.fail(rw, r, p, err)
		return
	}
	body := s.buffers.Get().(*buffer)
	defer s.buffers.Put(body)
	if err := body.begin(&s.memory); err != nil {
		s.fail(rw, r, p, err)
		return
	}
	defer body.end()
	if err := s.read(r, body, packed); err != nil {
		s.fail(rw, r, p, err)
		return
	}
	s.metrics.received.WithLabelValues(name).Add(float64(len(body.b)))
	w := s.works.Get().(*work)
	defer s.works.Put(w)
	w.refused, w.why, w.key, w.started, w.items, w.out = 0, nil, "", started, w.items[:0], w.out[:0]
	if err := s.store(r, name, p, body.b, w); err != nil {
		s.fail(rw, r, p, err)
		return
	}
	p.succeed(rw, r, w)
}

// store decodes a body and appends its lines to the queue, when it is its turn.
func (s *Server) store(r *http.Request, name string, p protocol, body []byte, w *work) error {
	select {
	case s.working <- struct{}{}:
	case <-r.Context().Done():
		return r.Context().Err()
	}
	defer s.working.give()
	o := s.origin(r, name)
	w.lines.Reset(o)
	key := hashOf(name, r, o.Peer, body) // before decoding, which changes the body
	if err := p.decode(r, body, w); err != nil {
		return err
	}
	batch := spool.Batch{Lines: w.lines.Lines}
	switch {
	case w.key != "":
		batch.Key = hashOf(name, r, o.Peer, []byte(w.key))
	case w.lines.Dated:
		batch.Key = key
	}
	duplicate := false
	if len(batch.Lines) > 0 {
		var err error
		if duplicate, err = s.queue.Append(r.Context(), &batch); err != nil {
			return err
		}
	}
	m := s.metrics
	m.refused.WithLabelValues(name).Add(float64(w.refused))
	if duplicate {
		m.duplicates.WithLabelValues(name).Inc()
		return nil
	}
	m.lines.WithLabelValues(name).Add(float64(len(batch.Lines)))
	m.bytes.WithLabelValues(name).Add(float64(w.lines.Bytes))
	m.cut.WithLabelValues(name).Add(float64(w.lines.Cut))
	m.attributes.WithLabelValues(name).Add(float64(w.lines.Dropped))
	return nil
}

// tenantHeader is how senders of Loki say for whom they send.
const tenantHeader = "X-Scope-OrgID"

// maxTenant is the length at which a tenant's name is cut.
const maxTenant = 150

func (s *Server) origin(r *http.Request, name string) entry.Origin {
	o := entry.Origin{Endpoint: name, Labels: s.cfg.Labels, Observed: time.Now(), Redact: s.cfg.Redact}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		o.Peer, _, _ = strings.Cut(host, "%") // an IPv6 zone is this machine's own affair
	}
	if tenant := r.Header.Get(tenantHeader); tenant != "" {
		o.Labels = append(slices.Clip(o.Labels), pipeline.Attr{Key: "tenant", Value: tenant[:min(len(tenant), maxTenant)]})
	}
	return o
}

// hashOf is the identity of a request: of what it says, where, by whom and for whom.
func hashOf(name string, r *http.Request, peer string, body []byte) (key [16]byte) {
	about := strings.Join([]string{name, r.URL.Path, r.URL.RawQuery, peer, r.Header.Get(tenantHeader), r.Header.Get(labelsHeader)}, "\x00")
	for i, seed := range [...]uint64{0x666f67686f726e, 0x696e74616b65} {
		d := xxhash.NewWithSeed(seed)
		// A Digest takes everything.
		_, _ = d.WriteString(about)
		_, _ = d.Write([]byte{0})
		_, _ = d.Write(body)
		binary.LittleEndian.PutUint64(key[8*i:], d.Sum64())
	}
	return key
}

// fail answers an error.
func (s *Server) fail(rw http.ResponseWriter, r *http.Request, p refuser, err error) {
	f := faultOf(err)
	h := rw.Header()
	if f.later() {
		h.Set("Retry-After", s.retryAfter())
	}
	if f.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Basic realm="foghorn", charset="UTF-8"`)
	}
	p.fail(rw, r, f)
}

// guard refuses web pages and senders without the token. Agents send no Origin; a browser
// sends one with every POST, and has no business here.
func (s *Server) guard(p refuser, next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("X-Content-Type-Options", "nosniff")
		switch {
		case r.Header.Get("Origin") != "":
			s.fail(rw, r, p, refuse(http.StatusForbidden, "logs are not taken from web pages"))
		case s.token != nil && !s.allowed(r):
			s.fail(rw, r, p, refuse(http.StatusUnauthorized, "want the token, as a bearer token or as a password"))
		default:
			next.ServeHTTP(rw, r)
		}
	})
}

// count counts the answers of an endpoint.
func (s *Server) count(name string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		started := time.Now()
		c := &codeWriter{ResponseWriter: rw, code: http.StatusOK}
		next.ServeHTTP(c, r)
		s.metrics.answered(name, c.code, time.Since(started))
	})
}

// codeWriter notes the status of an answer.
type codeWriter struct {
	http.ResponseWriter
	code int
}

// WriteHeader notes the status.
func (c *codeWriter) WriteHeader(code int) {
	c.code = code
	c.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController through.
func (c *codeWriter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// write answers with a body.
func write(rw http.ResponseWriter, status int, contentType string, body []byte) {
	rw.Header().Set("Content-Type", contentType)
	rw.WriteHeader(status)
	if len(body) > 0 {
		_, _ = rw.Write(body) // the sender has gone
	}
}
