package collectors

import (
	"container/list"
	"iter"
)

// LRU is a map that forgets what was not asked for longest, once it holds more than most. Not safe for many goroutines.
type LRU[V any] struct {
	most  int
	items map[string]*list.Element
	order list.List // of *lruItem[V], the last one used first
}

type lruItem[V any] struct {
	key   string
	value V
}

// NewLRU makes an empty one.
func NewLRU[V any](most int) *LRU[V] { return &LRU[V]{most: most, items: map[string]*list.Element{}} }

// Get looks a key up, and counts as using it.
func (l *LRU[V]) Get(key []byte) (value V, ok bool) {
	e, ok := l.items[string(key)]
	if !ok {
		return value, false
	}
	l.order.MoveToFront(e)
	return e.Value.(*lruItem[V]).value, true
}

// Put adds a key that Get does not know.
func (l *LRU[V]) Put(key []byte, value V) {
	if len(l.items) >= l.most {
		oldest := l.order.Back()
		delete(l.items, l.order.Remove(oldest).(*lruItem[V]).key)
	}
	item := &lruItem[V]{string(key), value}
	l.items[item.key] = l.order.PushFront(item)
}

// All goes over the values, the one used last first.
func (l *LRU[V]) All() iter.Seq[V] {
	return func(yield func(V) bool) {
		for e := l.order.Front(); e != nil; e = e.Next() {
			if !yield(e.Value.(*lruItem[V]).value) {
				return
			}
		}
	}
}

// Len is how many it holds.
func (l *LRU[V]) Len() int { return len(l.items) }
