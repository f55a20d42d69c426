package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"foghorn/pipeline"
)

// Alerter is the alert role. Make it with New, start it with Run.
type Alerter struct {
	cfg     Config
	source  pipeline.Source
	workers []*worker
	log     zerolog.Logger
	m       *metrics
}

// New returns an Alerter that reads source, a consumer group on the topic anomalies. log
// should carry the component; reg may be nil. It starts nothing.
func New(cfg Config, source pipeline.Source, log zerolog.Logger, reg prometheus.Registerer) (*Alerter, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	m, err := newMetrics(reg)
	if err != nil {
		return nil, err
	}
	a := &Alerter{cfg: cfg, source: source, log: log, m: m}
	labels := cfg.labels()
	for i := range cfg.Receivers {
		r := &cfg.Receivers[i]
		if r.Alertmanager != "" {
			target := strings.TrimRight(r.Alertmanager, "/") + "/api/v2/alerts"
			to := alertmanager{post: newPoster(target, r, cfg.Timeout), hold: 4 * cfg.Resend}
			a.add(labels[i], to, cfg.Resend)
			continue
		}
		a.add(labels[i], webhook{post: newPoster(r.Webhook, r, cfg.Timeout)}, 0)
	}
	if len(a.workers) == 0 {
		a.add("log", logbook{a.log}, 0)
	}
	return a, nil
}

func (a *Alerter) add(name string, to receiver, resend time.Duration) {
	a.workers = append(a.workers, &worker{
		name: name, to: to, resend: resend, cfg: &a.cfg, m: a.m,
		queue:  newQueue(a.cfg.Queue, a.cfg.Patience),
		log:    a.log.With().Str("receiver", name).Logger(),
		firing: map[*ledger]map[string]item{},
	})
}

// Run delivers until ctx ends. It then waits up to drainTime for what was already read,
// commits what was delivered, and returns.
func (a *Alerter) Run(ctx context.Context) error {
	workCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	for _, w := range a.workers {
		wg.Go(func() { w.run(workCtx) })
	}
	err := a.source.Run(ctx, a.work)
	stop()
	wg.Wait()
	return err
}

const (
	fetchWait = 250 * time.Millisecond // bounds how late a delivery is committed
	drainTime = 2 * time.Second
)

// work serves one partition: it first reads back, below the committed offset, what fires
// and what was delivered, then hands on what is new.
func (a *Alerter) work(ctx context.Context, c pipeline.Claim) error {
	committed := c.Committed()
	l := newLedger(committed)
	defer func() {
		for _, w := range a.workers {
			w.release(l)
		}
	}()
	start, err := c.OffsetAt(ctx, time.Now().Add(-a.cfg.Lookback))
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("find the offset to read back from: %w", err)
	}
	c.SeekTo(min(start, committed))
	known, firing := newSeen(), map[string]item{}
	live := false
	adopt := func() {
		for _, w := range a.workers {
			w.adopt(l, firing)
		}
		live, firing = true, nil
	}
	if start >= committed {
		adopt()
	}
	sent := committed
	for ctx.Err() == nil {
		batch, err := c.Fetch(ctx, fetchWait)
		var gap *pipeline.GapError
		if errors.As(err, &gap) {
			a.log.Error().Int64("from", gap.From).Int64("to", gap.To).Msg("anomaly events lost to retention before they were read")
		} else if err != nil && ctx.Err() == nil {
			return fmt.Errorf("fetch: %w", err)
		}
		if ctx.Err() != nil {
			break
		}
		for i := range batch {
			if !live && batch[i].Offset >= committed {
				adopt()
			}
			if !live {
				remember(&batch[i], known, firing)
			} else if !a.take(ctx, &batch[i], l, known) {
				break
			}
		}
		if !live && len(batch) == 0 && gap == nil {
			adopt() // the records before the committed offset are gone
		}
		sent = commit(c, l, sent)
	}
	a.drain(l)
	commit(c, l, sent)
	return nil
}

// commit passes on how far everything is delivered. It returns what is committed.
func commit(c pipeline.Claim, l *ledger, sent int64) int64 {
	if next, _ := l.committable(); next > sent {
		c.Commit(next)
		return next
	}
	return sent
}

// remember reads an event that was handled before.
func remember(m *pipeline.Message, known *seen, firing map[string]item) {
	var an pipeline.Anomaly
	if json.Unmarshal(m.Value, &an) != nil || an.ID == "" || !known.fresh(an.ID, an.Seq) {
		return
	}
	if an.State == pipeline.AnomalyResolved {
		delete(firing, an.ID)
		return
	}
	firing[an.ID] = item{anomaly: an, body: m.Value, written: m.Time}
}

// take hands an event to every worker. It reports false when ctx ended before all had it;
// the event then counts as not done.
func (a *Alerter) take(ctx context.Context, m *pipeline.Message, l *ledger, known *seen) bool {
	var an pipeline.Anomaly
	err := json.Unmarshal(m.Value, &an)
	if err == nil && (an.ID == "" || an.Rule == "") {
		err = errors.New("no id or no rule")
	}
	if err != nil {
		a.m.bad.Inc()
		a.log.Error().Err(err).Int64("offset", m.Offset).Msg("record is no anomaly event, skipped")
		l.take(m.Offset, 0)
		return true
	}
	if !known.fresh(an.ID, an.Seq) {
		a.m.duplicates.Inc()
		l.take(m.Offset, 0)
		return true
	}
	a.m.events.Inc()
	l.take(m.Offset, len(a.workers))
	it := item{anomaly: an, body: m.Value, written: m.Time, offset: m.Offset, ledger: l}
	for _, w := range a.workers {
		dropped, ok := w.queue.push(ctx, it)
		if dropped != nil {
			w.log.Error().Str("id", dropped.anomaly.ID).Int("seq", dropped.anomaly.Seq).Msg("receiver takes nothing and its queue is full, oldest event dropped")
			w.done([]item{*dropped}, dropOverflow)
		}
		if !ok {
			return false
		}
	}
	return true
}

// drain waits a little for the events that are under way.
func (a *Alerter) drain(l *ledger) {
	deadline := time.NewTimer(drainTime)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, all := l.committable(); all {
			return
		}
		select {
		case <-deadline.C:
			return
		case <-tick.C:
		}
	}
}
