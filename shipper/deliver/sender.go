package deliver

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"foghorn/pipeline"
)

// Config says who sends what to whom. All of it is required.
type Config struct {
	Sink pipeline.Sink
	Log  zerolog.Logger
	// Stage is what dead letters say of where they were refused.
	Stage string
	// Silent is the message of the warning that the broker does not answer. It tells where
	// the lines wait.
	Silent string
	// About adds to a warning what waits.
	About func(*zerolog.Event)
	// Buried is called for each record that became a dead letter.
	Buried func()
}

// Sender sends records. It is safe for concurrent use.
type Sender struct {
	cfg    Config
	warned atomic.Int64 // when trouble with the broker was last logged, Unix nanoseconds
}

// New returns a Sender.
func New(cfg Config) *Sender { return &Sender{cfg: cfg} }

// The pauses between attempts to send a record that was refused.
const (
	firstPause = 100 * time.Millisecond
	mostPause  = 5 * time.Second
)

// Produce sends msgs, in order, until they are acknowledged or ctx ends. When the sink
// refuses them for good, they are sent one by one, and a record that is refused alone goes
// to the dead letters; as long as those are refused too, the fault is the broker's and not
// the record's, and it is tried again. The error is ctx's. sure says that no attempt is still
// reading the memory of msgs.
func (s *Sender) Produce(ctx context.Context, msgs []pipeline.Message) (sure bool, err error) {
	defer s.Watch()()
	if err := s.cfg.Sink.Produce(ctx, msgs); err == nil || ctx.Err() != nil {
		return err == nil, err
	}
	for i := range msgs {
		for delay := firstPause; ; delay = min(2*delay, mostPause) {
			err := s.cfg.Sink.Produce(ctx, msgs[i:i+1])
			if err == nil {
				break
			}
			if ctx.Err() != nil {
				return false, ctx.Err()
			}
			if s.bury(ctx, &msgs[i], err) {
				break
			}
			s.Warn(err, "broker refuses lines, trying again")
			if !pause(ctx, delay) {
				return false, ctx.Err()
			}
		}
	}
	return false, nil
}

// pause waits for d; false when ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
