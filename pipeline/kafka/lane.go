package kafka

import (
	"context"
	"fmt"
	"sync"
	"time"

	"foghorn/pipeline"
)

// lane is the way to one partition: a queue of callers and at most one request in
// flight. The goroutine that sends lives only while callers wait.
type lane struct {
	sink *Sink
	key  lanekey

	mu    sync.Mutex
	queue []*entry
	busy  bool
}

// entry is one Produce call's records for one partition.
type entry struct {
	ctx   context.Context
	msgs  []pipeline.Message
	index []int32 // which of msgs, in order; those acknowledged are cut off
	done  chan error
}

func (l *lane) put(e *entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue = append(l.queue, e)
	if !l.busy {
		l.busy = true
		l.sink.client.busy.Go(l.run)
	}
}

// run sends until the queue is empty.
func (l *lane) run() {
	c := l.sink.client
	var pause backoff
	limit := 0 // most records in a request, while the one that was refused is searched
	for {
		r := l.take(limit)
		if r == nil {
			return
		}
		err := l.send(r)
		switch {
		case err == nil:
			c.stats.produceRequests.Add(1)
			c.stats.recordsProduced.Add(int64(r.count))
			c.stats.bytesProduced.Add(int64(r.size))
			l.acknowledge(r.count)
			pause.reset()
			if limit *= 2; limit > r.count*4 {
				limit = 0
			}
		case refused(err) && r.count > 1:
			limit = r.count / 2
		case refused(err):
			l.refuse(r, err)
			limit = 0
		default:
			c.stats.produceRetries.Add(1)
			c.waiting("acknowledgement of", fmt.Sprintf("%s/%d", l.key.topic, l.key.partition), err)
			c.refresh()
			if pause.wait(c.life) != nil {
				l.fail(errClosed)
				return
			}
		}
	}
}

// take returns the next records to send, from as many callers as fit, or nil when none
// wait: then the lane is idle. Callers who gave up are dropped.
func (l *lane) take(limit int) *records {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.queue[:0]
	for _, e := range l.queue {
		if err := e.ctx.Err(); err != nil {
			e.done <- err
		} else {
			kept = append(kept, e)
		}
	}
	clear(l.queue[len(kept):])
	l.queue = kept
	if len(l.queue) == 0 {
		l.busy = false
		return nil
	}
	r := &records{}
	for _, e := range l.queue {
		for n, i := range e.index {
			size := recordSize(&e.msgs[i])
			if r.count > 0 && (r.size+size > l.sink.maxBytes || r.count == limit) {
				r.add(e, n)
				return r
			}
			r.count++
			r.size += size
		}
		r.add(e, len(e.index))
	}
	return r
}

// buffers are the memory of one request.
type buffers struct{ plain, frame []byte }

// send makes one attempt.
func (l *lane) send(r *records) error {
	c := l.sink.client
	ctx, cancel := context.WithTimeout(c.life, c.cfg.RequestTimeout)
	defer cancel()
	mem, _ := c.buffers.Get().(*buffers)
	if mem == nil {
		mem = &buffers{}
	}
	// The broker is told half of the time, so that its answer still arrives.
	b := appendProduceHead(mem.frame[:0], c.cfg.ClientID, l.key.topic, l.key.partition, c.cfg.RequestTimeout/2)
	batch := len(b)
	var err error
	if b, mem.plain, err = r.appendBatch(b, mem.plain, l.sink.compressor, time.Now()); err != nil {
		return err
	}
	sealProduce(b, batch)
	m, err := c.transport.RoundTrip(ctx, c.api.Addr, &produceRequest{target: target{l.key.topic, l.key.partition}, frame: b})
	if err != nil {
		return err // the attempt may still be reading the memory
	}
	if mem.frame = b; cap(mem.frame)+cap(mem.plain) <= 4*l.sink.maxBytes {
		c.buffers.Put(mem)
	}
	return m.(*produceResponse).err
}

// acknowledge cuts the first n records off the queue and answers callers that have none
// left. Callers who came meanwhile stand behind.
func (l *lane) acknowledge(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n > 0 {
		e := l.queue[0]
		k := min(n, len(e.index))
		e.index = e.index[k:]
		n -= k
		if len(e.index) == 0 {
			e.done <- nil
			l.queue[0] = nil
			l.queue = l.queue[1:]
		}
	}
}

// refuse answers the caller of the one record in r.
func (l *lane) refuse(r *records, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.queue[0]
	i := int(e.index[0])
	e.done <- &RejectedError{
		Topic: l.key.topic, Partition: l.key.partition,
		Index: i, Key: e.msgs[i].Key, Size: r.size, Err: err,
	}
	l.queue = l.queue[1:]
}

// fail answers all callers when the client closes.
func (l *lane) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.queue {
		e.done <- err
	}
	l.queue, l.busy = nil, false
}
