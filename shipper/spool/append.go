package spool

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
)

// pending is a batch between Append and the disk.
type pending struct {
	enc        *encoder // nil: it only tries the disk
	key        [16]byte
	name, mark string
	lines      int
	done       chan struct{} // closed when err holds
	err        error
}

func (p *pending) size() int64 {
	if p.enc == nil {
		return 0
	}
	return int64(len(p.enc.record))
}

// Append takes a batch: when it returns nil, the batch is durable (Config.Sync says what
// that means) and will be sent. duplicate says that its Key is remembered, so that it was
// appended before and not again now. Errors: ErrFull at once when there is no room or the
// disk fails, ErrTooLarge, ErrClosed, a line without source; nothing of the batch was
// appended then. When ctx ends while the batch is being written, its error is returned and
// the batch may or may not be appended. The memory of b is not used after Append has returned.
func (q *Queue) Append(ctx context.Context, b *Batch) (duplicate bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	for i := range b.Lines {
		if b.Lines[i].ID.Source == "" {
			return false, fmt.Errorf("append to spool: line %d has no source", i)
		}
	}
	if len(b.Lines) == 0 && b.Name == "" && b.Key == ([16]byte{}) {
		return false, nil
	}
	enc := encoders.Get().(*encoder)
	enc.encode(b, q.now())
	p := &pending{enc: enc, key: b.Key, name: b.Name, mark: b.Mark, lines: len(b.Lines), done: make(chan struct{})}
	duplicate, wait, err := q.enqueue(p)
	if wait != p {
		enc.release()
	}
	if wait == nil {
		return duplicate, err
	}
	select {
	case <-wait.done:
		return duplicate && wait.err == nil, wait.err
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// enqueue gives p to the committer. wait is the batch whose end is the answer: p, another
// with the same key, or nil when the answer is there at once.
func (q *Queue) enqueue(p *pending) (duplicate bool, wait *pending, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	size := p.size()
	if q.closed {
		return false, nil, ErrClosed
	}
	if p.key != ([16]byte{}) {
		if q.state.has(p.key) {
			q.stats.Duplicates++
			return true, nil, nil
		}
		if other := q.inflight[p.key]; other != nil {
			q.stats.Duplicates++
			return true, other, nil
		}
	}
	if limit := q.cfg.maxRecord(); size > limit {
		return false, nil, fmt.Errorf("%w: it takes %d bytes, the limit is %d", ErrTooLarge, size, limit)
	}
	if q.fault != nil && q.now().Before(q.retry) {
		q.stats.Refused++
		return false, nil, fmt.Errorf("%w: %w", ErrFull, q.fault)
	}
	if size > q.room() {
		q.stats.Refused++
		q.refused = max(q.refused, size)
		return false, nil, ErrFull
	}
	if p.key != ([16]byte{}) {
		q.inflight[p.key] = p
	}
	q.reserved += size
	q.waiting = append(q.waiting, p)
	q.stir()
	return false, p, nil
}

// stir starts the committer; it lives only while batches wait. q.mu is held.
func (q *Queue) stir() {
	if !q.committing {
		q.committing = true
		q.work.Go(q.commit)
	}
}

// commit writes batches, as many at once as wait, until none does.
func (q *Queue) commit() {
	for {
		q.mu.Lock()
		group := q.waiting
		q.waiting = nil
		if len(group) == 0 {
			q.committing = false
			q.mu.Unlock()
			return
		}
		q.mu.Unlock()
		for len(group) > 0 {
			n, err := q.write(group)
			q.finish(group[:n], err)
			group = group[n:]
		}
	}
}

// finish makes a written group known, or its failure.
func (q *Queue) finish(group []*pending, err error) {
	now := q.now()
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrFull, err)
	}
	q.mu.Lock()
	q.fault = err
	if err != nil {
		q.retry = now.Add(q.retryAfter)
		q.stats.Errors++
	}
	for _, p := range group {
		size := p.size()
		q.reserved -= size
		delete(q.inflight, p.key)
		if err != nil {
			q.stats.Refused++
			continue
		}
		q.stats.AppendedBytes += size
		q.stats.AppendedLines += int64(p.lines)
		if p.enc != nil {
			q.stats.AppendedBatches++
			q.state.add(p.key, p.name, p.mark, now)
		}
	}
	wake(&q.grown)
	wake(&q.shrunk)
	q.mu.Unlock()
	for _, p := range group {
		if p.enc != nil {
			p.enc.release()
		}
		p.err = err
		close(p.done)
	}
}

func wake(c *chan struct{}) {
	close(*c)
	*c = make(chan struct{})
}

// headShare is how many times the keys that a file begins with it is long at least: they are not
// to take more of the disk than the lines.
const headShare = 3

// writeBytes bounds what is written and synced at once, but for a larger batch.
const writeBytes = 8 << 20

// write writes the first n batches of group, all or none of them.
func (q *Queue) write(group []*pending) (n int, err error) {
	var size int64
	for n < len(group) && (n == 0 || size+group[n].size() <= writeBytes) {
		size += group[n].size()
		n++
	}
	if q.current == nil || q.current.end > q.head && q.current.end+size > max(q.cfg.segmentBytes(), headShare*q.head) {
		if err := q.roll(); err != nil {
			return n, err
		}
	}
	for _, p := range group[:n] {
		q.identify(p)
	}
	for _, p := range group[:n] {
		if p.enc == nil {
			continue
		}
		if _, err = q.file.Write(p.enc.record); err != nil {
			break
		}
	}
	if err == nil && q.cfg.Sync {
		err = q.file.Sync()
	}
	if err != nil {
		// What stands behind the end was appended by nobody. The file is not written to
		// again: after a failed sync nobody knows what of it is on the medium.
		err = errors.Join(err, q.abandon())
		return n, fmt.Errorf("write %s: %w", segmentPath(q.cfg.Dir, q.segments[len(q.segments)-1].seq), err)
	}
	q.mu.Lock()
	q.current.end += size
	q.bytes += size
	q.mu.Unlock()
	return n, nil
}

// identify gives the batch's lines their generations and offsets.
func (q *Queue) identify(p *pending) {
	if p.enc == nil {
		return
	}
	if len(q.offsets) > maxSources {
		q.begin()
	}
	for i := range p.enc.sources {
		s := &p.enc.sources[i]
		offset := q.offsets[s.source]
		binary.LittleEndian.PutUint64(p.enc.record[s.at:], q.generation(s.source))
		binary.LittleEndian.PutUint64(p.enc.record[s.at+8:], uint64(offset))
		q.offsets[s.source] = offset + s.bytes
	}
	sealFrame(p.enc.record, q.salt)
}

// abandon gives up the current file behind its end, and the offsets that were given out.
func (q *Queue) abandon() error {
	err := q.file.Close()
	q.torn, q.current, q.file = q.current, nil, nil
	q.begin()
	return err
}

// roll begins a new file with the state of those before it.
func (q *Queue) roll() error {
	q.mu.Lock()
	seq := uint64(1)
	if n := len(q.segments); n > 0 {
		seq = q.segments[n-1].seq + 1
	}
	seq = max(seq, q.acked.seq+1)
	salt := rand.Uint32()
	head := append(fileHeader(salt), q.state.record(salt)...)
	q.mu.Unlock()
	if q.torn != nil {
		// What was refused is not there any more when its sender sends it again.
		if err := q.disk.truncate(segmentPath(q.cfg.Dir, q.torn.seq), q.torn.end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cut segment: %w", err)
		}
		q.torn = nil
	}
	path := segmentPath(q.cfg.Dir, seq)
	f, err := q.disk.create(path)
	if err != nil {
		return fmt.Errorf("make segment: %w", err)
	}
	if _, err = f.Write(head); err == nil {
		// The head is on disk before the files that it stands for can be deleted, and
		// the name before the first batch is acknowledged to its sender.
		if err = f.Sync(); err == nil {
			err = q.disk.syncDir(q.cfg.Dir)
		}
	}
	if err != nil {
		return fmt.Errorf("make segment %s: %w", path, errors.Join(err, f.Close(), os.Remove(path)))
	}
	old := q.file
	q.current, q.file, q.salt, q.head = &segment{seq: seq, end: int64(len(head))}, f, salt, int64(len(head))
	q.mu.Lock()
	q.segments = append(q.segments, q.current)
	q.bytes += q.current.end
	q.mu.Unlock()
	if old != nil {
		return old.Close()
	}
	return nil
}

// AppendWait is Append for callers that can wait: it waits for room as long as it takes. It
// returns ctx's error when that ends first.
func (q *Queue) AppendWait(ctx context.Context, b *Batch) (duplicate bool, err error) {
	for {
		if duplicate, err = q.Append(ctx, b); !errors.Is(err, ErrFull) {
			return duplicate, err
		}
		if err := q.WaitRoom(ctx); err != nil {
			return false, err
		}
	}
}
