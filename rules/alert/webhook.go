package alert

import (
	"context"
	"strconv"
)

// Headers of a webhook request. A receiver that has seen the idempotency key before drops
// the request and answers 2xx.
const (
	HeaderID          = "Foghorn-Anomaly-Id"
	HeaderSeq         = "Foghorn-Anomaly-Seq"
	HeaderIdempotency = "Idempotency-Key" // "<id>/<seq>"
)

// webhook posts each event as it stands on the topic.
type webhook struct{ post *poster }

func (w webhook) batch() int { return 1 }

func (w webhook) send(ctx context.Context, items []item) error {
	for i := range items {
		a := &items[i].anomaly
		seq := strconv.Itoa(a.Seq)
		err := w.post.post(ctx, items[i].body, map[string]string{
			HeaderID: a.ID, HeaderSeq: seq, HeaderIdempotency: a.ID + "/" + seq,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
