package search

import (
	"container/list"
	"sync"

	"foghorn/indexer/store"
)

// cache keeps the decoded blocks that were used last, up to a number of bytes.
type cache struct {
	mu    sync.Mutex
	max   int64
	bytes int64
	order *list.List // of *cached, newest first
	items map[cacheKey]*list.Element
}

type cacheKey struct {
	segment uint64
	block   int
}

type cached struct {
	key   cacheKey
	block *store.Block
	bytes int64
}

func newCache(max int64) *cache {
	return &cache{max: max, order: list.New(), items: make(map[cacheKey]*list.Element)}
}

func (c *cache) get(k cacheKey) *store.Block {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.items[k]
	if e == nil {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*cached).block
}

func (c *cache) put(k cacheKey, b *store.Block) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.items[k]; e != nil {
		c.bytes -= e.Value.(*cached).bytes
		c.order.Remove(e)
	}
	item := &cached{k, b, b.Bytes()}
	c.items[k] = c.order.PushFront(item)
	c.bytes += item.bytes
	c.shrink()
}

// grown counts what was decoded of a block since it was put.
func (c *cache) grown(k cacheKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.items[k]; e != nil {
		item := e.Value.(*cached)
		c.bytes -= item.bytes
		item.bytes = item.block.Bytes()
		c.bytes += item.bytes
		c.shrink()
	}
}

// shrink drops the blocks that were used longest ago.
func (c *cache) shrink() {
	for c.bytes > c.max && c.order.Len() > 0 {
		last := c.order.Back()
		old := last.Value.(*cached)
		c.order.Remove(last)
		delete(c.items, old.key)
		c.bytes -= old.bytes
	}
}
