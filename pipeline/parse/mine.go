package parse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"foghorn/pipeline"
)

// Miner finds and counts the templates of the lines of one partition. It is used by one
// goroutine.
type Miner interface {
	// Restore is called once, before all else, with the offset of the next record. It
	// returns the offset from which records have to be given to Mine once more, to be
	// counted only: that one, or an earlier one.
	Restore(ctx context.Context, next int64) (from int64, err error)
	// Mine sets the event's template, and may append attributes: where they have room
	// behind them, it is the event's. offset is that of its record; message is the event's
	// message, which is not to be kept.
	Mine(offset int64, e *pipeline.Event, message []byte)
	// Flush returns the records about all events before offset next. It is called once per
	// batch, also when the batch is empty. An error means that the stage cannot go on.
	Flush(now time.Time, next int64) ([]pipeline.Message, error)
}

// mineEvent hands an event to the miner; a panic becomes a reason. The event goes its way
// all the same.
func mineEvent(m Miner, offset int64, e *pipeline.Event, message []byte) (reason string) {
	defer func() {
		if r := recover(); r != nil {
			reason = fmt.Sprintf("panic: %v", r)
		}
	}()
	m.Mine(offset, e, message)
	return ""
}

// replay reads the records between the miner's state and the claim's offset, for the miner
// alone. Where retention was faster, what is gone is left out.
func (s *Stage) replay(ctx context.Context, c pipeline.Claim) error {
	end := c.Committed()
	from, err := s.miner.Restore(ctx, end)
	if err != nil || from >= end {
		return err
	}
	defer func() {
		c.SeekTo(end)
		clear(s.dead)
		s.dead, s.counts = s.dead[:0], counts{} // told when they were processed
	}()
	c.SeekTo(from)
	for {
		batch, err := c.Fetch(ctx, time.Second)
		var gap *pipeline.GapError
		if err != nil && !errors.As(err, &gap) {
			return fmt.Errorf("read again: %w", err)
		}
		if len(batch) == 0 && err == nil {
			return nil
		}
		for i := range batch {
			if batch[i].Offset >= end {
				return nil
			}
			s.remine(&batch[i])
			if batch[i].Offset == end-1 {
				return nil
			}
		}
	}
}

// remine gives a record that was processed before to the miner.
func (s *Stage) remine(m *pipeline.Message) {
	src, l, ok := s.admit(m)
	if !ok {
		return
	}
	var e pipeline.Event
	if reason := parseLine(src.parser, &l, &e); reason == "" {
		mineEvent(s.miner, m.Offset, &e, src.parser.Message(l.Raw))
	}
}
