package store

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"
)

// Run seals heads, merges segments, feeds the term indexes and applies retention until ctx
// ends, and then seals what is left. Append blocks once the head is full unless Run runs. An error means
// that the last head could not be sealed: its lines will be read again from Kafka.
func (s *Store) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() { s.indexTerms(stop) })
	wg.Go(func() { s.mergeLoop(stop) })
	err := s.sealLoop(ctx)
	close(stop)
	wg.Wait()
	return err
}

func (s *Store) sealLoop(ctx context.Context) error {
	tick := time.NewTicker(min(s.cfg.SegmentAge, time.Second))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return s.Seal()
		case <-s.wake:
		case <-tick.C:
			s.rotateOld()
		}
		for !s.sealWaiting() {
			s.retain() // which may make the room that is missing
			select {
			case <-ctx.Done():
				return s.Seal()
			case <-time.After(s.cfg.Retry):
			}
		}
		s.retain()
	}
}

// retain applies retention if a minute has passed since the last time, and no merge runs,
// which itself may wait for the next seal.
func (s *Store) retain() {
	if !s.mergeMu.TryLock() {
		return
	}
	defer s.mergeMu.Unlock()
	now := s.deps.Now()
	if now.Sub(s.checked) < time.Minute {
		return
	}
	s.checked = now
	if err := s.removeOld(); err != nil {
		s.failed(err)
	}
}

func (s *Store) failed(err error) {
	if s.deps.Failed != nil {
		s.deps.Failed(err)
	}
}

func (s *Store) rotateOld() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.head.n.Load() > 0 && s.deps.Now().Sub(s.head.since) >= s.cfg.SegmentAge {
		s.rotate()
	}
}

// sealWaiting seals the head that waits, if any, and reports whether that is done.
func (s *Store) sealWaiting() bool {
	err := s.seal()
	if err != nil {
		s.failed(err)
	}
	return err == nil
}

// Seal commits all lines that were appended before the call.
func (s *Store) Seal() error {
	if err := s.seal(); err != nil {
		return err
	}
	s.mu.Lock()
	if s.head.n.Load() > 0 {
		s.rotate()
	}
	s.mu.Unlock()
	return s.seal()
}

// seal writes the head that waits as a segment.
func (s *Store) seal() error {
	s.sealMu.Lock()
	defer s.sealMu.Unlock()
	s.mu.Lock()
	h, number := s.sealing, s.next
	s.mu.Unlock()
	if h == nil {
		return nil
	}
	start := time.Now()
	view := h.view() // the head takes no more lines
	rows := view.sorted()
	f := footer{Number: number, Rows: int64(len(rows)), Runs: view.runsOf(rows), Offsets: h.offsets, Gaps: h.gaps}
	for _, r := range rows {
		f.Bytes += int64(r.length)
	}
	seg, terms, err := s.commit(f, view.blocksOf(rows, s.cfg.BlockLines))
	s.mu.Lock()
	s.fault = err
	if err != nil {
		s.wakeWaiting()
		s.mu.Unlock()
		return err
	}
	seg.terms.Store(&memTerms{seg.Number, terms})
	s.addSegment(seg)
	s.sealing = nil
	if s.full(s.head) {
		s.rotate()
	}
	s.wakeWaiting()
	s.mu.Unlock()
	if s.waits(seg) {
		s.mergeSoon()
	} else {
		s.terms.put(seg)
	}
	if s.deps.Sealed != nil {
		s.deps.Sealed(Sealed{Segment: number, Lines: f.Rows, DiskBytes: seg.size, Took: time.Since(start)})
	}
	return nil
}

// wakeWaiting has all that wait for room look again; the caller holds the lock.
func (s *Store) wakeWaiting() {
	close(s.room)
	s.room = make(chan struct{})
}

// commit writes a segment into the folder of today.
func (s *Store) commit(f footer, rows rowSource) (*segment, []blockTerms, error) {
	now := s.deps.Now()
	f.Created = now.UnixNano()
	day := dayOf(now)
	dir := s.dayDir(day)
	if _, err := os.Stat(dir); err != nil {
		if err := s.deps.FS.MkdirAll(dir); err != nil {
			return nil, nil, fmt.Errorf("make folder of the day: %w", err)
		}
		if err := s.deps.FS.SyncDir(s.daysDir()); err != nil {
			return nil, nil, fmt.Errorf("make folder of the day: %w", err)
		}
	}
	return s.build.write(dir, day, &f, rows)
}

// addSegment publishes a segment; the caller holds the lock.
func (s *Store) addSegment(seg *segment) {
	s.segments = append(s.segments[:len(s.segments):len(s.segments)], seg)
	s.next = max(s.next, seg.last()+1)
}
