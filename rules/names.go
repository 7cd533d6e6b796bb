package rules

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// nameCache remembers, for the time of one plan, which metric names exist under which selector.
type nameCache struct {
	ask         NamesFunc
	concurrency int

	mu    sync.Mutex
	known map[string]nameSet
}

func newNameCache(ask NamesFunc, concurrency int) *nameCache {
	return &nameCache{ask: ask, concurrency: max(concurrency, 1), known: map[string]nameSet{}}
}

// Remember asks a source of names once for every selector, however often it is asked. The result may be called from
// several goroutines when names may.
func Remember(names NamesFunc) NamesFunc {
	var mu sync.Mutex
	known := map[string][]string{}
	return func(ctx context.Context, selector map[string]string) ([]string, error) {
		key := selectorKey(selector)
		mu.Lock()
		list, ok := known[key]
		mu.Unlock()
		if ok {
			return list, nil
		}
		list, err := names(ctx, selector)
		if err != nil {
			return nil, err
		}
		mu.Lock()
		known[key] = list
		mu.Unlock()
		return list, nil
	}
}

// of returns the names under the selector without the labels in except.
func (c *nameCache) of(ctx context.Context, selector map[string]string, except []string) (nameSet, error) {
	if slices.ContainsFunc(except, func(name string) bool { _, has := selector[name]; return has }) {
		rest := maps.Clone(selector)
		for _, name := range except {
			delete(rest, name)
		}
		selector = rest
	}
	key := selectorKey(selector)
	c.mu.Lock()
	set, ok := c.known[key]
	c.mu.Unlock()
	if ok {
		return set, nil
	}
	names, err := c.ask(ctx, selector)
	if err != nil {
		return nil, fmt.Errorf("listing metric names of {%s}: %w", matchersOf(selector, nil), err)
	}
	set = make(nameSet, len(names))
	for _, name := range names {
		set[name] = struct{}{}
	}
	c.mu.Lock()
	c.known[key] = set
	c.mu.Unlock()
	return set, nil
}

// prefetch looks up the selectors, as many at a time as allowed, and returns the error of the first that failed, in
// their order. It returns when every look-up that was begun has ended.
func (c *nameCache) prefetch(ctx context.Context, selectors []map[string]string) error {
	distinct := distinctSelectors(selectors)
	errs := make([]error, len(distinct))
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(c.concurrency, len(distinct)) {
		workers.Go(func() {
			for i := range next {
				if errs[i] = ctx.Err(); errs[i] == nil {
					_, errs[i] = c.of(ctx, distinct[i], nil)
				}
			}
		})
	}
	for i := range distinct {
		next <- i
	}
	close(next)
	workers.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func distinctSelectors(selectors []map[string]string) []map[string]string {
	var out []map[string]string
	seen := map[string]bool{}
	for _, sel := range selectors {
		if key := selectorKey(sel); !seen[key] {
			seen[key] = true
			out = append(out, sel)
		}
	}
	return out
}

func selectorKey(selector map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(selector)) {
		b.WriteString(strconv.Quote(name))
		b.WriteString(strconv.Quote(selector[name]))
	}
	return b.String()
}
