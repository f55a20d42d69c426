package spool

import (
	"context"
	"slices"
	"sync"
	"time"

	"foghorn/pipeline"
)

const (
	// produceBytes and produceRecords bound what is given to one Produce.
	produceBytes   = 1 << 20
	produceRecords = 10_000
	// warnEvery bounds how often trouble with the broker is logged.
	warnEvery = 10 * time.Second
	// deadValue is how much of a line is put on the dead letters when all of it is refused,
	// deadText how much of its source and of the reason.
	deadValue = 64 << 10
	deadText  = 1 << 10
)

// part is a window's records of one partition.
type part struct {
	w    *window
	msgs []pipeline.Message
}

// lane sends the records of one partition, in order, with one Produce at a time.
type lane struct {
	s         *sender
	partition int
	wake      chan struct{} // capacity 1

	msgs []pipeline.Message // of several parts; run's alone

	mu    sync.Mutex
	queue []part
}

func (l *lane) put(p part) {
	l.mu.Lock()
	l.queue = append(l.queue, p)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// take returns the next parts and their records.
func (l *lane) take() (parts []part, msgs []pipeline.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, records, bytes := 0, 0, 0
	for n < len(l.queue) && (n == 0 || records < produceRecords && bytes < produceBytes) {
		for i := range l.queue[n].msgs {
			bytes += len(l.queue[n].msgs[i].Value)
		}
		records += len(l.queue[n].msgs)
		n++
	}
	if n == 0 {
		return nil, nil
	}
	parts = append(parts, l.queue[:n]...)
	clear(l.queue[:n])
	l.queue = l.queue[n:]
	if n == 1 {
		return parts, parts[0].msgs
	}
	l.msgs = l.msgs[:0]
	for _, p := range parts {
		l.msgs = append(l.msgs, p.msgs...)
	}
	return parts, l.msgs
}

// run sends until ctx ends, or until stop is closed and all was sent.
func (l *lane) run(ctx context.Context, stop <-chan struct{}) {
	stopping := false
	for {
		if parts, msgs := l.take(); parts != nil {
			sure, err := l.s.produce(ctx, msgs)
			if err != nil {
				return // ctx has ended: what was not acknowledged is sent after the next start
			}
			if !sure {
				l.msgs = nil
			}
			for _, p := range parts {
				if !sure {
					p.w.unsure.Store(true)
				}
				l.s.part(p.w)
			}
			continue
		}
		if stopping {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-stop:
			stopping = true
		case <-l.wake:
		}
	}
}

// produce sends msgs, in order, until they are acknowledged or ctx ends. When the sink
// refuses them for good, they are sent one by one, and a record that is refused alone goes
// to the dead letters; as long as those are refused too, the fault is the broker's and not
// the record's, and it is tried again. sure says that no attempt is still reading msgs.
func (s *sender) produce(ctx context.Context, msgs []pipeline.Message) (sure bool, err error) {
	defer s.watchBroker()()
	if err := s.sink.Produce(ctx, msgs); err == nil || ctx.Err() != nil {
		return err == nil, err
	}
	for i := range msgs {
		for delay := 100 * time.Millisecond; ; delay = min(2*delay, 5*time.Second) {
			err := s.sink.Produce(ctx, msgs[i:i+1])
			if err == nil {
				break
			}
			if ctx.Err() != nil {
				return false, ctx.Err()
			}
			if s.bury(ctx, &msgs[i], err) {
				break
			}
			s.warn(err, "broker refuses lines, trying again")
			if !pause(ctx, delay) {
				return false, ctx.Err()
			}
		}
	}
	return false, nil
}

// bury writes a refused record to the dead letters, or what they take of it, and says whether
// they took it.
func (s *sender) bury(ctx context.Context, m *pipeline.Message, reason error) bool {
	dead := *m
	dead.Topic, dead.Partition = pipeline.TopicDeadLetter, -1
	why := []pipeline.Header{
		{Key: pipeline.HeaderDeadTopic, Value: []byte(m.Topic)},
		{Key: pipeline.HeaderDeadReason, Value: beginning([]byte(reason.Error()), deadText)},
		{Key: pipeline.HeaderDeadStage, Value: []byte("spool")},
	}
	dead.Headers = slices.Concat(m.Headers, why)
	source := beginning(m.Key, deadText)
	err := s.sink.Produce(ctx, []pipeline.Message{dead})
	if err != nil && len(dead.Value) > deadValue {
		dead.Value = dead.Value[:deadValue]
		err = s.sink.Produce(ctx, []pipeline.Message{dead})
	}
	if err != nil { // labels can be too long, too; the line's identity comes first
		dead.Key, dead.Headers = source, slices.Concat(m.Headers[:1], why)
		err = s.sink.Produce(ctx, []pipeline.Message{dead})
	}
	if err != nil {
		return false
	}
	s.q.mu.Lock()
	s.q.stats.RejectedLines++
	s.q.mu.Unlock()
	s.log.Error().Bytes("error", why[1].Value).Bytes("source", source).Int("bytes", len(m.Value)).Msg("line was refused and put on the dead letters")
	return true
}

func beginning(b []byte, n int) []byte { return b[:min(n, len(b))] }

// watchBroker warns every 10 s until the function that it returns is called.
func (s *sender) watchBroker() (stop func()) {
	done := make(chan struct{})
	t := time.AfterFunc(warnEvery, func() {
		for {
			s.warn(nil, "broker does not answer, waiting; lines stay in the spool")
			select {
			case <-done:
				return
			case <-time.After(warnEvery):
			}
		}
	})
	return func() {
		t.Stop()
		close(done)
	}
}

// warn logs a trouble with the broker, at most every 10 s whatever the partition.
func (s *sender) warn(err error, msg string) {
	now, last := time.Now().UnixNano(), s.warned.Load()
	if now-last < int64(warnEvery) || !s.warned.CompareAndSwap(last, now) {
		return
	}
	st := s.q.Stats()
	s.log.Warn().Err(err).Int64("spool_bytes", st.DiskBytes).Int64("lag_bytes", st.LagBytes).Msg(msg)
}
