package secrettest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"github.com/postern-project/postern/runtime/secret"
)

func lifeRules() []rule {
	return []rule{
		{"goroutines_end", "a store that is closed leaves no goroutine behind", 0, func(r *run) error {
			// Goroutines inherit the profiler labels of the one that starts
			// them. The label separates this store from tests that run beside it.
			mark := fmt.Sprintf("%p", r)
			var err error
			pprof.Do(r.ctx, pprof.Labels("secrettest", mark), func(context.Context) { err = r.useAll() })
			if err != nil {
				return err
			}
			return r.gone(mark)
		}},
		{"close_works", "Close returns nil", 0, func(r *run) error {
			h, err := r.start(one(keyA, "a"))
			if err != nil {
				return err
			}
			if h.Close == nil {
				return skip{"the harness has no Close"}
			}
			if err := r.close(h); err != nil {
				return broken("Close = %w", err)
			}
			return nil
		}},
		{"after_close_is_closed", "calls after Close return an error that Is ErrClosed", 0, func(r *run) error {
			h, err := r.start(one(keyA, "a"))
			if err != nil {
				return err
			}
			if h.Close == nil {
				return skip{"the harness has no Close"}
			}
			_ = r.close(h)
			if _, err := h.Provider.Get(r.ctx, keyA); !errors.Is(err, secret.ErrClosed) {
				return broken("Get = %v", err)
			}
			return nil
		}},
	}
}

// useAll opens a store, calls every operation that it offers, and closes it. It
// ignores what the calls return: other rules check that.
func (r *run) useAll() error {
	h, err := r.start(one(keyA, "a"))
	if err != nil {
		return err
	}
	if r.Watchable {
		ctx, cancel := context.WithCancel(r.ctx)
		w, _, err := watching(ctx, h)
		if err == nil {
			w.stop()
		}
		cancel()
	}
	ended, cancel := r.ended(context.Canceled)
	defer cancel()
	r.ops(ended, h)
	r.ops(r.ctx, h)
	_ = r.close(h)
	return nil
}

// gone waits until no goroutine carries the mark: one that is about to exit when
// Close returns is not a leak.
func (r *run) gone(mark string) error {
	for pause := time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		n := marked(mark)
		if n == 0 {
			return nil
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-r.ctx.Done():
			timer.Stop()
			return broken("%d goroutines are left", n)
		}
	}
}

// marked counts the goroutines that carry the mark. The profile has one record
// per stack and label, which begins with the number of goroutines.
func marked(mark string) int {
	var b bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
		return 0
	}
	sum := 0
	for record := range strings.SplitSeq(b.String(), "\n\n") {
		if !strings.Contains(record, fmt.Sprintf("%q:%q", "secrettest", mark)) {
			continue
		}
		for line := range strings.Lines(record) {
			if count, _, ok := strings.Cut(line, " @ "); ok {
				n, _ := strconv.Atoi(count)
				sum += n
			}
		}
	}
	return sum
}
