package remotewrite

import "container/list"

// lru is a map that forgets what was not asked for longest, once it holds more than most. Not safe for many goroutines.
type lru[V any] struct {
	most  int
	items map[string]*list.Element
	order list.List // of *lruItem[V], the last one used first
}

type lruItem[V any] struct {
	key   string
	value V
}

func newLRU[V any](most int) *lru[V] { return &lru[V]{most: most, items: map[string]*list.Element{}} }

func (l *lru[V]) get(key []byte) (value V, ok bool) {
	e, ok := l.items[string(key)]
	if !ok {
		return value, false
	}
	l.order.MoveToFront(e)
	return e.Value.(*lruItem[V]).value, true
}

// put adds a key that get does not know.
func (l *lru[V]) put(key []byte, value V) {
	if len(l.items) >= l.most {
		oldest := l.order.Back()
		delete(l.items, l.order.Remove(oldest).(*lruItem[V]).key)
	}
	item := &lruItem[V]{string(key), value}
	l.items[item.key] = l.order.PushFront(item)
}
