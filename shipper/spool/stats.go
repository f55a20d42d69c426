package spool

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Stats counts since Open what the queue did, and says how full it is.
type Stats struct {
	// AppendedBatches, AppendedLines and AppendedBytes were taken; bytes as on disk.
	AppendedBatches, AppendedLines, AppendedBytes int64
	// Duplicates are batches that were not appended again.
	Duplicates int64
	// Refused are batches that found no room.
	Refused int64
	// AckedLines were acknowledged by the broker, RejectedLines by the dead letters alone.
	AckedLines, RejectedLines int64
	// Errors are failed writes of the disk.
	Errors int64
	// DamagedBytes are bytes of the files that hold no record, as a torn end.
	DamagedBytes int64
	// DiskBytes are what the files take, LagBytes what of it is not acknowledged.
	DiskBytes, LagBytes int64
}

// Stats tells what the queue did and how full it is. It may be called at any time.
func (q *Queue) Stats() Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	st := q.stats
	st.DiskBytes = q.bytes
	for _, s := range q.segments {
		switch {
		case s.seq == q.acked.seq:
			st.LagBytes += s.end - min(q.acked.offset, s.end)
		case s.seq > q.acked.seq:
			st.LagBytes += s.end
		}
	}
	return st
}

// Register puts the queue's numbers on reg, as foghorn_spool_*.
func (q *Queue) Register(reg prometheus.Registerer) error {
	var errs []error
	add := func(c prometheus.Collector) {
		if err := reg.Register(c); err != nil {
			errs = append(errs, fmt.Errorf("register metrics: %w", err))
		}
	}
	counter := func(name, help string, f func(*Stats) int64) {
		add(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Namespace: "foghorn", Subsystem: "spool", Name: name, Help: help,
		}, q.reading(f)))
	}
	gauge := func(name, help string, f func(*Stats) int64) {
		add(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: "foghorn", Subsystem: "spool", Name: name, Help: help,
		}, q.reading(f)))
	}
	counter("appended_batches_total", "Batches taken.", func(s *Stats) int64 { return s.AppendedBatches })
	counter("appended_lines_total", "Lines taken.", func(s *Stats) int64 { return s.AppendedLines })
	counter("appended_bytes_total", "Bytes written to the files for batches taken.", func(s *Stats) int64 { return s.AppendedBytes })
	counter("duplicate_batches_total", "Batches that were appended before and were not appended again.", func(s *Stats) int64 { return s.Duplicates })
	counter("refused_batches_total", "Batches that found no room.", func(s *Stats) int64 { return s.Refused })
	counter("acked_lines_total", "Lines acknowledged by the broker.", func(s *Stats) int64 { return s.AckedLines })
	counter("rejected_lines_total", "Lines that the broker can never accept, sent to the dead letters.", func(s *Stats) int64 { return s.RejectedLines })
	counter("errors_total", "Writes that failed.", func(s *Stats) int64 { return s.Errors })
	counter("damaged_bytes_total", "Bytes of the files that hold no record.", func(s *Stats) int64 { return s.DamagedBytes })
	gauge("disk_bytes", "Bytes that the files take.", func(s *Stats) int64 { return s.DiskBytes })
	gauge("lag_bytes", "Bytes of the files that are not acknowledged yet.", func(s *Stats) int64 { return s.LagBytes })
	add(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "foghorn", Subsystem: "spool", Name: "lag_seconds", Help: "Age of the oldest line under way to the broker.",
	}, func() float64 { return q.Lag().Seconds() }))
	return errors.Join(errs...)
}

func (q *Queue) reading(f func(*Stats) int64) func() float64 {
	return func() float64 {
		st := q.Stats()
		return float64(f(&st))
	}
}

// Lag returns how long ago the oldest line was seen that was read from the files and not yet
// acknowledged; 0 when there is none.
func (q *Queue) Lag() time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.lagSince.IsZero() {
		return 0
	}
	return max(0, q.now().Sub(q.lagSince))
}
