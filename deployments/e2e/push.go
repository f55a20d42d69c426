//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sort"

	"github.com/klauspost/compress/snappy"
	"google.golang.org/protobuf/encoding/protowire"
)

// errBusy says that the receiver wants the request again later (429).
var errBusy = errors.New("receiver is busy")

// pushRequest encodes lines as a Loki push request (logproto.PushRequest, compressed with
// snappy), one stream per service and host, as an agent sends it.
//
//	PushRequest { repeated Stream streams = 1 }
//	Stream      { string labels = 1; repeated Entry entries = 2 }
//	Entry       { Timestamp timestamp = 1; string line = 2 }
func pushRequest(lines []Line) []byte {
	streams := map[[2]string][]byte{}
	var entry, stamp []byte
	for i := range lines {
		l := &lines[i]
		stamp = protowire.AppendTag(stamp[:0], 1, protowire.VarintType)
		stamp = protowire.AppendVarint(stamp, uint64(l.Time.Unix()))
		stamp = protowire.AppendTag(stamp, 2, protowire.VarintType)
		stamp = protowire.AppendVarint(stamp, uint64(l.Time.Nanosecond()))
		entry = protowire.AppendTag(entry[:0], 1, protowire.BytesType)
		entry = protowire.AppendBytes(entry, stamp)
		entry = protowire.AppendTag(entry, 2, protowire.BytesType)
		entry = protowire.AppendBytes(entry, l.Text)
		key := [2]string{l.Service, l.Host}
		b := protowire.AppendTag(streams[key], 2, protowire.BytesType)
		streams[key] = protowire.AppendBytes(b, entry)
	}
	keys := make([][2]string, 0, len(streams))
	for k := range streams {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return keys[i][0]+"\x00"+keys[i][1] < keys[j][0]+"\x00"+keys[j][1] })
	var out []byte
	for _, k := range keys {
		labels := fmt.Sprintf("{service=%q, host=%q}", k[0], k[1])
		s := protowire.AppendTag(nil, 1, protowire.BytesType)
		s = protowire.AppendString(s, labels)
		s = append(s, streams[k]...)
		out = protowire.AppendTag(out, 1, protowire.BytesType)
		out = protowire.AppendBytes(out, s)
	}
	return snappy.Encode(nil, out)
}

// push sends one request and wants it accepted.
func push(ctx context.Context, client *http.Client, url string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("Content-Encoding", "snappy")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if resp.StatusCode == http.StatusTooManyRequests {
		return errBusy
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("push: %s: %s", resp.Status, text)
	}
	return nil
}
