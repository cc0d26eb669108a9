package secrettest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/postern-project/postern/runtime/secret"
)

// watcher reads a watch one event at a time.
type watcher struct {
	next func() (secret.Event, error, bool)
	stop func()
}

// watching starts a watch of h and reads its first event.
func watching(ctx context.Context, h *Harness) (watcher, secret.Event, error) {
	next, stop := iter.Pull2(h.Provider.Watch(ctx))
	first, err, ok := next()
	if err != nil || !ok {
		stop()
		return watcher{}, first, broken("the watch ended before its first event: %v", err)
	}
	return watcher{next, stop}, first, nil
}

// until reads events up to one of the given kinds about key, or up to a Resync,
// after which a consumer would read the key. It returns all events that it read.
func (w watcher) until(key secret.Key, kinds ...secret.EventKind) ([]secret.Event, error) {
	var seen []secret.Event
	for {
		ev, err, ok := w.next()
		if err != nil || !ok {
			return seen, broken("the watch ended (%v) without an event of %q", err, key)
		}
		seen = append(seen, ev)
		if ev.Kind == secret.EventResync || ev.Key == key && slices.Contains(kinds, ev.Kind) {
			return seen, nil
		}
	}
}

// reports watches a store that holds content, calls change, and returns the
// events up to the one about key.
func (r *run) reports(content map[secret.Key]string, key secret.Key, change func(h *Harness) error, kinds ...secret.EventKind) ([]secret.Event, error) {
	h, err := r.start(content)
	if err != nil {
		return nil, err
	}
	w, first, err := watching(r.ctx, h)
	if err != nil {
		return nil, err
	}
	defer w.stop()
	if err := change(h); err != nil {
		return nil, err
	}
	seen, err := w.until(key, kinds...)
	return append([]secret.Event{first}, seen...), err
}

// changes returns the events of a Set of keyNew to the canary.
func (r *run) changes() ([]secret.Event, error) {
	return r.reports(one(keyA, "a"), keyNew, func(h *Harness) error {
		return put(r.ctx, h, keyNew, canary)
	}, secret.EventAdded, secret.EventRotated)
}

// afterCancel starts a watch, cancels it, and returns the error of each pair that
// the watch yields until it ends.
func (r *run) afterCancel() ([]error, error) {
	h, err := r.start(one(keyA, "a"))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	var errs []error
	ended := make(chan error, 1)
	go func() {
		w, _, err := watching(ctx, h)
		if err != nil {
			ended <- err
			return
		}
		defer w.stop()
		cancel()
		for range 1000 {
			_, err, ok := w.next()
			if !ok {
				ended <- nil
				return
			}
			errs = append(errs, err)
		}
		ended <- broken("it yielded 1000 times more")
	}()
	select {
	case err := <-ended:
		return errs, err
	case <-r.ctx.Done():
		return nil, broken("it did not end")
	}
}

func watchRules() []rule {
	return append([]rule{
		{"watch_first_is_resync", "the first event of a watch is a Resync", watch, func(r *run) error {
			h, err := r.start(one(keyA, "a"))
			if err != nil {
				return err
			}
			w, first, err := watching(r.ctx, h)
			if err != nil {
				return err
			}
			w.stop()
			if first.Kind != secret.EventResync {
				return broken("the first event is %q", first.Kind)
			}
			return nil
		}},
		{"watch_reports_set", "a watch reports a Set", watch | set, func(r *run) error {
			_, err := r.changes()
			return err
		}},
		{"watch_reports_delete", "a watch reports a Delete", watch | del, func(r *run) error {
			_, err := r.reports(one(keyA, "a"), keyA, func(h *Harness) error {
				return h.Provider.Delete(r.ctx, keyA)
			}, secret.EventRemoved)
			return err
		}},
		{"watch_kinds_are_known", "events have the kinds of package secret", watch | set, func(r *run) error {
			seen, _ := r.changes()
			for _, ev := range seen {
				switch ev.Kind {
				case secret.EventAdded, secret.EventRotated, secret.EventRemoved,
					secret.EventResync, secret.EventLagged, secret.EventDegraded:
				default:
					return broken("an event has the kind %q", ev.Kind)
				}
			}
			return nil
		}},
		{"watch_seq_rises", "Seq rises strictly within a watch", watch | set, func(r *run) error {
			seen, _ := r.changes()
			for i := 1; i < len(seen); i++ {
				if seen[i].Seq <= seen[i-1].Seq {
					return broken("Seq %d follows %d", seen[i].Seq, seen[i-1].Seq)
				}
			}
			return nil
		}},
		{"watch_no_values_in_events", "events contain no values", watch | set, func(r *run) error {
			seen, _ := r.changes()
			for _, ev := range seen {
				if shows(fmt.Sprintf("%+v", ev)) {
					return broken("the event %s of %q contains the value that was set", ev.Kind, ev.Key)
				}
			}
			return nil
		}},
		{"watches_are_independent", "a watch continues when another one ends", watch | set, func(r *run) error {
			if _, err := r.changes(); err != nil {
				return nil // watch_reports_set fails
			}
			h, err := r.start(one(keyA, "a"))
			if err != nil {
				return err
			}
			stays, _, err := watching(r.ctx, h)
			if err != nil {
				return err
			}
			defer stays.stop()
			ends, _, err := watching(r.ctx, h)
			if err != nil {
				return err
			}
			ends.stop()
			if err := put(r.ctx, h, keyNew, "new"); err != nil {
				return err
			}
			_, err = stays.until(keyNew, secret.EventAdded, secret.EventRotated)
			return err
		}},
	}, watchEndRules()...)
}

// watchEndRules returns the rules about how a watch ends.
func watchEndRules() []rule {
	return []rule{
		{"watch_ends_on_cancel", "a watch ends when its context is canceled", watch, func(r *run) error {
			_, err := r.afterCancel()
			return err
		}},
		{"watch_ends_with_its_error", "a canceled watch yields an error that Is context.Canceled", watch, func(r *run) error {
			errs, err := r.afterCancel()
			if err != nil {
				return nil // watch_ends_on_cancel fails
			}
			if !slices.ContainsFunc(errs, func(err error) bool { return errors.Is(err, context.Canceled) }) {
				return broken("it yielded the errors %v", errs)
			}
			return nil
		}},
		{"watch_error_is_last", "a watch yields nothing after an error", watch, func(r *run) error {
			errs, err := r.afterCancel()
			if err != nil {
				return nil // watch_ends_on_cancel fails
			}
			for i, err := range errs {
				if err != nil && i < len(errs)-1 {
					return broken("it yielded %d more times after the error %v", len(errs)-1-i, err)
				}
			}
			return nil
		}},
		{"watch_stop_ranging_ends", "a consumer that stops ranging ends the watch", watch, func(r *run) error {
			h, err := r.start(one(keyA, "a"))
			if err != nil {
				return err
			}
			ctx, cancel := context.WithCancel(r.ctx)
			defer cancel()
			yields := 0
			h.Provider.Watch(ctx)(func(secret.Event, error) bool {
				yields++
				return false
			})
			if yields != 1 {
				return broken("it yielded %d times to a consumer that stopped after the first", yields)
			}
			return nil
		}},
	}
}
