package picture

import (
	"container/list"
	"sync"
	"time"
)

// entry is what came of one fetch: a picture, or why there is none.
type entry struct {
	png   []byte
	err   error
	until time.Time
}

// cache forgets what was not asked for the longest.
type cache struct {
	maxEntries, maxBytes int

	mu    sync.Mutex // guards the fields below
	byKey map[string]*list.Element
	order *list.List // of *cached, the latest first
	bytes int        // of all pictures
}

type cached struct {
	key string
	entry
}

func newCache(maxEntries, maxBytes int) *cache {
	return &cache{maxEntries: maxEntries, maxBytes: maxBytes, byKey: map[string]*list.Element{}, order: list.New()}
}

func (c *cache) get(key string, now time.Time) (entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.byKey[key]
	if !ok {
		return entry{}, false
	}
	found := element.Value.(*cached) //nolint:forcetypeassert // the list holds nothing else
	if !now.Before(found.until) {
		c.remove(element)
		return entry{}, false
	}
	c.order.MoveToFront(element)
	return found.entry, true
}

func (c *cache) put(key string, e entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.byKey[key]; ok {
		c.remove(old)
	}
	c.byKey[key] = c.order.PushFront(&cached{key, e})
	c.bytes += len(e.png)
	for c.order.Len() > c.maxEntries || c.bytes > c.maxBytes {
		c.remove(c.order.Back())
	}
}

// remove is called with the lock held.
func (c *cache) remove(element *list.Element) {
	gone := c.order.Remove(element).(*cached) //nolint:forcetypeassert // the list holds nothing else
	delete(c.byKey, gone.key)
	c.bytes -= len(gone.png)
}
