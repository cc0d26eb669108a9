package secrettest

import (
	"fmt"
	"strings"
	"sync"
)

// together calls f(0) to f(n-1) concurrently and returns the error of the lowest
// number that failed.
func together(n int, f func(i int) error) error {
	var wg sync.WaitGroup
	begin := make(chan struct{})
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() {
			<-begin
			errs[i] = f(i)
		})
	}
	close(begin)
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func concurrencyRules() []rule {
	const callers, rounds = 8, 25
	return []rule{
		{"concurrent_gets_are_not_mixed_up", "concurrent Gets each return the value of their own key", 0, func(r *run) error {
			content, names := seedOf(callers)
			h, err := r.start(content)
			if err != nil {
				return err
			}
			return together(callers, func(i int) error {
				for range rounds {
					if err := want(r.ctx, h, names[i], content[names[i]]); err != nil {
						return err
					}
				}
				return nil
			})
		}},
		{"concurrent_sets_lose_none", "concurrent Sets of different keys all take effect", set, func(r *run) error {
			content, names := seedOf(callers)
			h, err := r.start(one(keyA, "a"))
			if err != nil {
				return err
			}
			err = together(callers, func(i int) error { return put(r.ctx, h, names[i], content[names[i]]) })
			if err != nil {
				return err
			}
			for _, key := range names {
				if err := want(r.ctx, h, key, content[key]); err != nil {
					return err
				}
			}
			return nil
		}},
		{"concurrent_get_set_no_torn_values", "a Get that runs beside a Set returns the old value or the new one, complete", set, func(r *run) error {
			const size = 4096
			h, err := r.start(one(keyA, uniform('x', size)))
			if err != nil {
				return err
			}
			begin := make(chan struct{})
			return together(2, func(i int) error {
				if i == 0 {
					return r.setInTurn(h, begin, rounds, size)
				}
				for range begin {
					for range rounds {
						if err := whole(r, h, size); err != nil {
							drain(begin)
							return err
						}
					}
				}
				return nil
			})
		}},
	}
}

// setInTurn sets keyA to values that each repeat one letter. It announces every
// Set on begin.
func (r *run) setInTurn(h *Harness, begin chan<- struct{}, rounds, size int) error {
	defer close(begin)
	for i := range rounds {
		begin <- struct{}{}
		if err := put(r.ctx, h, keyA, uniform('a'+byte(i%26), size)); err != nil {
			return err
		}
	}
	return nil
}

// whole returns nil if keyA holds one letter, size times.
func whole(r *run, h *Harness, size int) error {
	s, err := h.Provider.Get(r.ctx, keyA)
	if err != nil {
		return fmt.Errorf("Get(%q) = %w", keyA, err)
	}
	got, err := s.ExposeString()
	if err != nil {
		return nil // result_outlives_set fails
	}
	if len(got) != size || strings.Count(got, got[:1]) != size {
		return fmt.Errorf("Get(%q) returned %d bytes that mix two values", keyA, len(got))
	}
	return nil
}

func drain(c <-chan struct{}) {
	for range c {
	}
}
