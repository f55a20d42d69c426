package alert

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"foghorn/pipeline"
)

// receiver delivers events. send takes all of items or returns an error: a rejected one
// is final, any other is tried again with the same items.
type receiver interface {
	batch() int
	send(ctx context.Context, items []item) error
}

// worker brings the events of one queue to one receiver, in order.
type worker struct {
	name   string
	to     receiver
	resend time.Duration // 0: firing anomalies are not sent again
	cfg    *Config
	queue  *queue
	log    zerolog.Logger
	m      *metrics

	mu     sync.Mutex
	firing map[*ledger]map[string]item // what fires, by claim and id
}

// run delivers until ctx ends.
func (w *worker) run(ctx context.Context) {
	var again <-chan time.Time
	if w.resend > 0 {
		t := time.NewTicker(w.resend)
		defer t.Stop()
		again = t.C
	}
	pause := w.cfg.MinBackoff
	size := w.to.batch()
	for {
		items, changed := w.queue.head(size)
		w.m.waiting.WithLabelValues(w.name).Set(float64(w.queue.len()))
		if len(items) == 0 {
			select {
			case <-ctx.Done():
				return
			case <-changed:
			case <-again:
				w.sendAgain(ctx)
			}
			continue
		}
		var err error
		if needed := w.needed(items); len(needed) > 0 {
			err = w.to.send(ctx, needed)
		}
		if ctx.Err() != nil {
			return
		}
		var final rejected
		switch {
		case err == nil:
			w.finish(items, "")
			pause, size = w.cfg.MinBackoff, w.to.batch()
		case errors.As(err, &final) && len(items) > 1:
			size = 1 // one bad event must not take the others with it
		case errors.As(err, &final):
			w.log.Error().Err(err).Str("id", items[0].anomaly.ID).Int("seq", items[0].anomaly.Seq).Msg("anomaly event rejected")
			w.finish(items, dropRejected)
		default:
			w.m.failures.WithLabelValues(w.name).Inc()
			w.log.Warn().Err(err).Int("waiting", w.queue.len()).Dur("pause", pause).Msg("delivery failed, trying again")
			w.dropOld()
			if !sleep(ctx, backoff(pause, err, w.cfg.MaxBackoff)) {
				return
			}
			pause = min(2*pause, w.cfg.MaxBackoff)
		}
	}
}

// needed leaves out the end of an episode when a later one of the same rule and group fires
// already: to Alertmanager both are one alert, which would end. (An episode is resolved
// only when no late line can prolong it; the next can open before that.)
func (w *worker) needed(items []item) []item {
	ends := func(it item) bool { return it.anomaly.State == pipeline.AnomalyResolved }
	if w.resend <= 0 || !slices.ContainsFunc(items, ends) {
		return items
	}
	key := func(a *pipeline.Anomaly) string {
		return a.Rule + "\x00" + a.ErrorClass + "\x00" + pipeline.GroupKey(a.Group)
	}
	firing := make(map[string]string) // id by alert
	w.mu.Lock()
	for _, claim := range w.firing {
		for id, it := range claim {
			if !slices.ContainsFunc(items, func(end item) bool { return ends(end) && end.anomaly.ID == id }) {
				firing[key(&it.anomaly)] = id
			}
		}
	}
	w.mu.Unlock()
	for i := range items {
		a := &items[i].anomaly
		if !slices.ContainsFunc(items[i:], func(end item) bool { return ends(end) && end.anomaly.ID == a.ID }) {
			firing[key(a)] = a.ID
		}
	}
	return slices.DeleteFunc(slices.Clone(items), func(it item) bool {
		_, other := firing[key(&it.anomaly)]
		return ends(it) && other
	})
}

// backoff is the pause with up to half of it taken off at random, so that many senders do
// not come back at once, or the time that the receiver asked for.
func backoff(pause time.Duration, err error, most time.Duration) time.Duration {
	var l later
	if errors.As(err, &l) {
		return min(max(l.after, pause), max(most, time.Minute))
	}
	return pause - rand.N(pause/2+1)
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// finish takes events out of the queue, remembers what fires and frees the offsets.
// reason is empty when they were delivered.
func (w *worker) finish(items []item, reason string) {
	upTo := items[len(items)-1].n
	w.done(w.queue.remove(true, func(it *item) bool { return it.n <= upTo }), reason)
}

// dropOld gives up the events that are too old.
func (w *worker) dropOld() {
	oldest := time.Now().Add(-w.cfg.GiveUp)
	gone := w.queue.remove(false, func(it *item) bool { return it.written.Before(oldest) })
	if len(gone) > 0 {
		w.log.Error().Int("events", len(gone)).Dur("give_up", w.cfg.GiveUp).Msg("anomaly events not delivered in time, given up")
	}
	w.done(gone, dropTooOld)
}

func (w *worker) done(items []item, reason string) {
	for i := range items {
		it := &items[i]
		if reason == "" {
			w.m.delivered.WithLabelValues(w.name).Inc()
		} else {
			w.m.dropped.WithLabelValues(w.name, reason).Inc()
		}
		w.note(it)
		it.ledger.done(it.offset)
	}
}

// note keeps what fires up to date. An event that was dropped counts too: it is the truth
// that sending again will tell. A claim that was released is not noted any more.
func (w *worker) note(it *item) {
	if w.resend <= 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	firing, ok := w.firing[it.ledger]
	if !ok {
		return
	}
	if it.anomaly.State == pipeline.AnomalyResolved {
		delete(firing, it.anomaly.ID)
		return
	}
	firing[it.anomaly.ID] = *it
}

// adopt starts a claim with what fires in it.
func (w *worker) adopt(l *ledger, firing map[string]item) {
	w.mu.Lock()
	defer w.mu.Unlock()
	own := make(map[string]item, len(firing))
	for id, it := range firing {
		own[id] = it
	}
	w.firing[l] = own
}

// release forgets a claim: its events are another member's now.
func (w *worker) release(l *ledger) {
	w.queue.remove(false, func(it *item) bool { return it.ledger == l })
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.firing, l)
}

// sendAgain tells the receiver what still fires. A failure is told and left to the next
// round.
func (w *worker) sendAgain(ctx context.Context) {
	oldest := time.Now().Add(-w.cfg.Lookback)
	var items []item
	w.mu.Lock()
	for _, firing := range w.firing {
		for id, it := range firing {
			if it.written.Before(oldest) {
				delete(firing, id)
				continue
			}
			items = append(items, it)
		}
	}
	w.mu.Unlock()
	for len(items) > 0 {
		n := min(w.to.batch(), len(items))
		if err := w.to.send(ctx, items[:n]); err != nil {
			if ctx.Err() == nil {
				w.m.failures.WithLabelValues(w.name).Inc()
				w.log.Warn().Err(err).Int("firing", len(items)).Msg("sending firing anomalies again failed")
			}
			return
		}
		items = items[n:]
	}
}
