package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"syscall"
	"time"

	"foghorn/shipper"
)

// ErrNotRunning says that no shipper runs on the data folder, or none that answers.
var ErrNotRunning = errors.New("no shipper runs on this data folder")

// Client asks the shipper of a data folder.
type Client struct{ http http.Client }

// NewClient returns a Client; it connects with each request.
func NewClient(dataDir string) *Client {
	return &Client{http.Client{
		Timeout: requestTime,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return dial(ctx, dataDir)
			},
		},
	}}
}

// Status asks how far the shipper is. ErrNotRunning says that there is none.
func (c *Client) Status(ctx context.Context) (st shipper.Status, err error) {
	err = c.do(ctx, http.MethodGet, "/status", nil, &st)
	return st, err
}

// Backfill asks for a backfill (see shipper.Backfill) and returns its id.
func (c *Client) Backfill(ctx context.Context, globs []string) (id int, err error) {
	var a backfillAnswer
	err = c.do(ctx, http.MethodPost, "/backfill", backfillRequest{globs}, &a)
	return a.ID, err
}

// Progress asks how far a backfill is.
func (c *Client) Progress(ctx context.Context, id int) (p shipper.Progress, err error) {
	err = c.do(ctx, http.MethodGet, fmt.Sprintf("/backfill?id=%d", id), nil, &p)
	return p, err
}

func (c *Client) do(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("ask the shipper: %w", err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://shipper"+path, body)
	if err != nil {
		return fmt.Errorf("ask the shipper: %w", err)
	}
	resp, err := c.http.Do(req)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return ErrNotRunning
	}
	if err != nil {
		return fmt.Errorf("ask the shipper: %w", err)
	}
	defer resp.Body.Close()
	d := json.NewDecoder(resp.Body)
	if resp.StatusCode != http.StatusOK {
		var f fault
		if err := d.Decode(&f); err != nil || f.Error == "" {
			f.Error = resp.Status
		}
		return &refusal{f.Error}
	}
	if err := d.Decode(out); err != nil {
		return fmt.Errorf("ask the shipper: %w", err)
	}
	return nil
}

// refusal is what the shipper said no with: asking again does not help.
type refusal struct{ text string }

func (r *refusal) Error() string { return r.text }

// Status tells how far the shipper of a data folder is: the one that runs, or, where none
// runs, what its checkpoint and the files say.
func Status(ctx context.Context, dataDir string) (shipper.Status, error) {
	st, err := NewClient(dataDir).Status(ctx)
	if errors.Is(err, ErrNotRunning) {
		st, err = shipper.StatusOf(dataDir)
		if errors.Is(err, fs.ErrNotExist) {
			return st, fmt.Errorf("%w, and none ever saved a checkpoint there: %s", ErrNotRunning, dataDir)
		}
	}
	return st, err
}

const pollEvery = 500 * time.Millisecond
