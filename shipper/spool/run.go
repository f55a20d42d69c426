package spool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"foghorn/pipeline"
	"foghorn/shipper/deliver"
)

const (
	// stopGrace is how long Run waits at its end for what was sent to be acknowledged.
	stopGrace = 3 * time.Second
	// saveEvery is how often the checkpoint is written while it moves.
	saveEvery = time.Second
)

// Run sends what is in the queue, and what comes, to logs.raw until ctx ends; it then waits
// up to 3 s for what was sent to be acknowledged. It waits for a broker that is away. It is
// called once, before Close. Its error is that of the last checkpoint.
func (q *Queue) Run(ctx context.Context, sink pipeline.Sink) error {
	q.mu.Lock()
	if q.running {
		q.mu.Unlock()
		return errors.New("spool: Run was called before")
	}
	q.running = true
	q.mu.Unlock()
	log := q.cfg.Log.With().Str("component", "spool").Logger()
	n, err := sink.Partitions(ctx, pipeline.TopicRaw)
	for ; err != nil || n < 1; n, err = sink.Partitions(ctx, pipeline.TopicRaw) {
		if ctx.Err() != nil {
			return nil
		}
		log.Warn().Err(err).Msg("partitions of logs.raw are not known, trying again")
		if !pause(ctx, time.Second) {
			return nil
		}
	}

	// The lanes outlive ctx for a moment: what was read is still sent.
	sendCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	s := &sender{q: q, deliver: q.delivery(sink, log), log: log, maxMemory: q.cfg.MaxMemory, room: make(chan struct{}, 1)}
	stop := make(chan struct{})
	var sending, saving sync.WaitGroup
	for p := range n {
		l := &lane{s: s, partition: p, wake: make(chan struct{}, 1)}
		s.lanes = append(s.lanes, l)
		sending.Go(func() { l.run(sendCtx, stop) })
	}
	saving.Go(func() { q.keep(ctx, log) })
	s.read(ctx)
	close(stop)
	timer := time.AfterFunc(stopGrace, cancel)
	sending.Wait()
	timer.Stop()
	saving.Wait()
	return q.save()
}

// delivery is what sends records until they are acknowledged.
func (q *Queue) delivery(sink pipeline.Sink, log zerolog.Logger) *deliver.Sender {
	return deliver.New(deliver.Config{
		Sink: sink, Log: log, Stage: "spool", Silent: "broker does not answer, waiting; lines stay in the spool",
		About: func(e *zerolog.Event) {
			st := q.Stats()
			e.Int64("spool_bytes", st.DiskBytes).Int64("lag_bytes", st.LagBytes)
		},
		Buried: func() {
			q.mu.Lock()
			q.stats.RejectedLines++
			q.mu.Unlock()
		},
	})
}

// keep saves the checkpoint, removes files that are done, and tries a disk that failed,
// until ctx ends.
func (q *Queue) keep(ctx context.Context, log zerolog.Logger) {
	var saved position
	failing, unsaved := false, false
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	for {
		q.removeDone(log)
		q.mu.Lock()
		acked, fault := q.acked, q.fault
		if fault != nil && !q.closed && !q.now().Before(q.retry) {
			q.waiting = append(q.waiting, &pending{done: make(chan struct{})})
			q.stir()
		}
		q.mu.Unlock()
		if acked != saved {
			if err := q.save(); err == nil {
				saved, unsaved = acked, false
			} else if !unsaved {
				unsaved = true
				log.Error().Err(err).Msg("checkpoint of the spool cannot be saved, trying again")
			}
		}
		if failed := fault != nil; failed != failing {
			if failing = failed; failing {
				log.Error().Err(fault).Msg("spool cannot be written, trying again; senders wait")
			} else {
				log.Info().Msg("spool can be written again")
			}
		}
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				waiting = false
			case <-q.tidy: // files that are done make room at once
				q.removeDone(log)
			}
		}
	}
}

// save writes the checkpoint.
func (q *Queue) save() error {
	q.mu.Lock()
	acked := q.acked
	q.mu.Unlock()
	if acked == (position{}) {
		return nil
	}
	return saveCheckpoint(q.cfg.Dir, acked, q.disk.syncDir)
}

// doneFiles returns the files whose records are all acknowledged, without the newest: it
// holds the keys and marks. q.mu is held.
func (q *Queue) doneFiles() []*segment {
	n := 0
	for n < len(q.segments)-1 && q.segments[n].seq < q.acked.seq {
		n++
	}
	return q.segments[:n:n]
}

// removeDone deletes files that are done. A crash before leaves them: they are deleted then.
func (q *Queue) removeDone(log zerolog.Logger) {
	q.mu.Lock()
	done := q.doneFiles()
	q.mu.Unlock()
	if len(done) == 0 {
		return
	}
	var freed int64
	for _, seg := range done {
		if err := os.Remove(segmentPath(q.cfg.Dir, seg.seq)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			log.Error().Err(err).Msg("segment of the spool cannot be removed")
		}
		freed += seg.end
	}
	q.mu.Lock()
	q.segments = q.segments[len(done):]
	q.bytes -= freed
	if q.refused <= q.room() {
		q.refused = 0
	}
	wake(&q.shrunk)
	q.mu.Unlock()
}

// next returns the first segment at or behind a position and how far it can be read. last
// says that it is the newest. wait, when there is nothing to read yet, is closed on news.
func (q *Queue) next(p position) (seg segment, last bool, wait <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, s := range q.segments {
		if s.seq < p.seq {
			continue
		}
		last = i == len(q.segments)-1
		if last && s.seq == p.seq && p.offset >= s.end {
			break
		}
		return *s, last, nil
	}
	return segment{}, false, q.grown
}

// ack moves the position up to which everything is done.
func (q *Queue) ack(p position, lines int) {
	q.mu.Lock()
	q.acked = p
	q.stats.AckedLines += int64(lines)
	wake(&q.shrunk)
	if len(q.doneFiles()) > 0 {
		select {
		case q.tidy <- struct{}{}:
		default:
		}
	}
	q.mu.Unlock()
}

// lag notes when the oldest line under way was seen.
func (q *Queue) lag(since time.Time) {
	q.mu.Lock()
	q.lagSince = since
	q.mu.Unlock()
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

// damage counts and logs a stretch of a file that holds no record.
func (q *Queue) damage(s *sender, path string, from, to int64, torn bool) {
	q.mu.Lock()
	q.stats.DamagedBytes += to - from
	q.mu.Unlock()
	log := s.log.Error()
	if torn {
		log = s.log.Warn()
	}
	log.Str("path", path).Int64("offset", from).Int64("bytes", to-from).Bool("at_end", torn).
		Msg("spool holds bytes that are no record, skipped")
}

func (s *sender) fault(path string, err error) {
	s.log.Error().Err(fmt.Errorf("read %s: %w", path, err)).Msg("segment of the spool cannot be read, trying again")
}
