package api

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// packer compresses an answer.
type packer interface {
	io.WriteCloser
	Flush() error
}

// compress makes the answer's bytes those of the best coding that the client accepts: zstd,
// gzip, or none. It is called before anything is sent.
func (s *stream) compress(accept string) (err error) {
	h := s.w.Header()
	h.Add("Vary", "Accept-Encoding")
	switch coding := codingOf(accept); coding {
	case "zstd":
		// A window of 1 MiB is what every decoder takes (RFC 8878 asks for 8), and bounds
		// what an export holds.
		s.packer, err = zstd.NewWriter(s.w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20), zstd.WithEncoderLevel(zstd.SpeedFastest))
		h.Set("Content-Encoding", coding)
	case "gzip":
		s.packer, err = gzip.NewWriterLevel(s.w, gzip.BestSpeed)
		h.Set("Content-Encoding", coding)
	}
	if err != nil {
		return fmt.Errorf("compress the answer: %w", err)
	}
	return nil
}

// codingOf chooses zstd, gzip or nothing by an Accept-Encoding (RFC 9110, 12.5.3); of two
// that are as welcome zstd.
func codingOf(accept string) string {
	best, coding := 0.0, ""
	weight := map[string]float64{}
	for part := range strings.SplitSeq(accept, ",") {
		name, params, _ := strings.Cut(part, ";")
		q := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			var err error
			if q, err = strconv.ParseFloat(v, 64); err != nil {
				q = 0
			}
		}
		weight[strings.ToLower(strings.TrimSpace(name))] = q
	}
	for _, name := range []string{"zstd", "gzip"} {
		q, named := weight[name]
		if !named {
			q = weight["*"]
		}
		if q > best {
			best, coding = q, name
		}
	}
	if q, named := weight["identity"]; named && q > best {
		return ""
	}
	return coding
}
