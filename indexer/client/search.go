package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"foghorn/indexer/api"
)

// Receiver takes the results of a search.
type Receiver struct {
	// Hit is called for each result; its error ends the search and is returned.
	Hit func(*Hit) error
	// Idle, if set, is called before the client waits for the server.
	Idle func() error
}

// Search runs one search and returns its summary. It returns an error when the answer
// did not reach its summary, whatever was received until then.
func (c *Client) Search(ctx context.Context, in api.Search, to Receiver) (api.Summary, error) {
	in.Format = "ndjson"
	request, err := json.Marshal(in)
	if err != nil {
		return api.Summary{}, fmt.Errorf("encode the search: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // a search that is not read to its end stops on the server
	body, err := c.do(ctx, http.MethodPost, "/api/v1/search", nil, request, "application/x-ndjson")
	if err != nil {
		return api.Summary{}, err
	}
	defer body.Close()
	return receive(ctx, body, to)
}

// receive reads an answer of hits that ends with a summary.
func receive(ctx context.Context, body io.Reader, to Receiver) (api.Summary, error) {
	lines := newLineReader(body)
	lines.idle = to.Idle
	var dec decoder
	for {
		line, err := lines.next()
		switch {
		case err != nil && ctx.Err() != nil:
			return api.Summary{}, ctx.Err()
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return api.Summary{}, errNoSummary
		case err != nil:
			return api.Summary{}, fmt.Errorf("read the answer: %w", err)
		case bytes.HasPrefix(line, []byte(`{"summary":`)):
			var end struct {
				Summary api.Summary `json:"summary"`
			}
			if err := json.Unmarshal(line, &end); err != nil {
				return api.Summary{}, fmt.Errorf("read the summary: %w", err)
			}
			return end.Summary, nil
		case bytes.HasPrefix(line, []byte(`{"error":`)):
			return api.Summary{}, decodeError(line, &api.Problem{})
		}
		hit, err := dec.decode(line)
		if err == nil {
			err = to.Hit(hit)
		}
		if err != nil {
			return api.Summary{}, err
		}
	}
}

// SearchAll is Search, followed by what a time budget cut off until the answer is
// complete. The summary is the last one, with what all parts matched and missed; its coverage
// is that of the beginning: what came to the store since may lie before the place where the
// last part began.
func (c *Client) SearchAll(ctx context.Context, in api.Search, to Receiver) (api.Summary, error) {
	var matched int64
	var all api.Summary
	for first := true; ; first = false {
		cursor := in.Cursor
		part, err := c.Search(ctx, in, to)
		if err != nil {
			return part, err
		}
		matched += part.Matched
		damage, explained, coverage := all.Missing, all.Explain, all.Coverage
		for _, d := range part.Missing {
			if !slices.Contains(damage, d) {
				damage = append(damage, d)
			}
		}
		all = part
		all.Matched, all.Missing = matched, damage
		if !first {
			all.Coverage = coverage
			all.Coverage.Complete = coverage.Complete && len(damage) == 0
		}
		if explained != nil && part.Explain != nil {
			explained.Add(part.Explain)
			all.Explain = explained
		}
		if !part.Partial {
			return all, nil
		}
		if in.Limit != nil && *in.Limit > 0 {
			left := *in.Limit - int(part.Matched)
			if left <= 0 {
				return all, nil
			}
			in.Limit = &left
		}
		if part.Cursor == "" || part.Cursor == cursor {
			return all, errors.New("the search does not come to an end: the server's time budget is too small for any progress; narrow it with --since, --until or --where")
		}
		in.Cursor = part.Cursor
	}
}
