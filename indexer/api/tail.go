package api

import (
	"net/http"
	"time"

	"foghorn/indexer/search"
	"foghorn/pipeline/query"
)

// tail answers /api/v1/tail: the lines that match q, as they are indexed, as server-sent
// events "line". A client that is too slow misses lines and gets the event "dropped" with
// how many it missed in all; "stop" ends the stream when the server stops.
func (s *Server) tail(w http.ResponseWriter, r *http.Request) {
	v, p := parameters(r, "q", "fields")
	if p != nil {
		p.write(w)
		return
	}
	q, err := query.Parse(v.Get("q"))
	if err != nil {
		badParameter("q", err).write(w)
		return
	}
	fields := true
	if p = boolean(v, "fields", &fields); p != nil {
		p.write(w)
		return
	}
	release, p := s.streams.take("open streams")
	if p != nil {
		p.write(w)
		return
	}
	defer release()

	out := newStream(w, "text/event-stream", s.cfg.WriteTimeout)
	lines, dropped := s.deps.Searcher.Tail(r.Context(), q, s.cfg.TailBuffer)
	// The first comment tells the client that the tail is on: what is indexed from now
	// on is seen.
	out.write(appendHeartbeat)
	if out.flush() != nil {
		return
	}
	enc := &encoder{fields: fields, mode: search.Lines}
	heartbeat := time.NewTicker(s.cfg.Heartbeat)
	defer heartbeat.Stop()
	var told int64
	for {
		select {
		case <-r.Context().Done():
			return
		case <-s.stopping:
			out.write(appendStop)
			out.flush()
			return
		case <-heartbeat.C:
			out.write(appendHeartbeat)
		case e, ok := <-lines:
			if !ok {
				return
			}
			hit := search.Hit{Event: &e}
			out.write(func(b []byte) []byte {
				b = appendEventHead(b, "line")
				b = enc.appendHit(b, &hit)
				return append(b, "\n\n"...)
			})
		}
		if n := dropped(); n > told {
			told = n
			out.write(func(b []byte) []byte { return appendDropped(b, n) })
		}
		// Lines that came together go out together.
		if len(lines) == 0 && out.flush() != nil {
			return
		}
		if out.failed() {
			return
		}
	}
}
