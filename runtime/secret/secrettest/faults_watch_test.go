package secrettest_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"

	"github.com/postern-project/postern/runtime/secret"
)

// changing applies change to every event before the watches get it.
func changing(change func(ev *secret.Event, m *memory)) func(*faulty) {
	return func(p *faulty) { p.onEvent = change }
}

// yielding replaces how a watch yields.
func yielding(hand func(yield func(secret.Event, error) bool, ev secret.Event, err error) bool) func(*faulty) {
	return func(p *faulty) {
		p.watch = func(ctx context.Context) iter.Seq2[secret.Event, error] {
			return func(yield func(secret.Event, error) bool) {
				for ev, err := range p.memory.Watch(ctx) {
					if !hand(yield, ev, err) {
						return
					}
				}
			}
		}
	}
}

func watchFaults() []fault {
	return append([]fault{
		{"watch_first_is_resync", "begins with the keys that exist", nil, func(p *faulty) {
			p.first = func(s *subscription) { s.events[0].Kind, s.events[0].Key = secret.EventAdded, "SECRETTEST_A" }
		}},
		{"watch_reports_set", "reports another key", nil, changing(func(ev *secret.Event, _ *memory) {
			if ev.Kind != secret.EventRemoved {
				ev.Key = "SECRETTEST_OTHER"
			}
		})},
		{"watch_reports_delete", "reports a removal as a rotation", nil, changing(func(ev *secret.Event, _ *memory) {
			if ev.Kind == secret.EventRemoved {
				ev.Kind = secret.EventRotated
			}
		})},
		{"watch_kinds_are_known", "invents a kind", nil, changing(func(_ *secret.Event, m *memory) {
			for s := range m.watches {
				s.add(secret.Event{Kind: "touched"})
			}
		})},
		{"watch_seq_rises", "gives every event the same number", nil, yielding(func(yield func(secret.Event, error) bool, ev secret.Event, err error) bool {
			ev.Seq = 1
			return yield(ev, err)
		})},
		{"watch_no_values_in_events", "uses the value as its version", nil, changing(func(ev *secret.Event, m *memory) {
			ev.Version = m.values[ev.Key].text
		})},
		{"watches_are_independent", "ends all watches when one ends", nil, func(p *faulty) {
			var ended atomic.Bool
			p.watch = func(ctx context.Context) iter.Seq2[secret.Event, error] {
				return func(yield func(secret.Event, error) bool) {
					defer ended.Store(true)
					p.memory.Watch(ctx)(func(ev secret.Event, err error) bool { return !ended.Load() && yield(ev, err) })
				}
			}
		}},
	}, watchEndFaults()...)
}

func watchEndFaults() []fault {
	return []fault{
		{"watch_ends_on_cancel", "ignores its context", nil, func(p *faulty) {
			p.watch = func(ctx context.Context) iter.Seq2[secret.Event, error] {
				return p.memory.Watch(context.WithoutCancel(ctx))
			}
		}},
		{"watch_ends_with_its_error", "ends silently", nil, yielding(func(yield func(secret.Event, error) bool, ev secret.Event, err error) bool {
			return err == nil && yield(ev, err)
		})},
		{"watch_error_is_last", "continues after an error", nil, yielding(func(yield func(secret.Event, error) bool, ev secret.Event, err error) bool {
			return yield(ev, err) && (err == nil || yield(secret.Event{Kind: secret.EventResync}, nil))
		})},
		{"watch_stop_ranging_ends", "ignores that its consumer stopped", nil,
			yielding(func(yield func(secret.Event, error) bool, ev secret.Event, err error) bool {
				more := yield(ev, err)
				return more || yield(ev, err)
			})},
	}
}

// versioning makes Get return change of each version.
func versioning(change func(s secret.Secret) string) func(*faulty) {
	return func(p *faulty) {
		p.get = func(ctx context.Context, key secret.Key) (secret.Secret, error) {
			s, err := p.memory.Get(ctx, key)
			if err != nil {
				return s, err
			}
			return s.WithMeta(secret.Meta{Version: change(s)}), nil
		}
	}
}

func versionFaults() []fault {
	return []fault{
		{"version_changes_on_set", "has one version for all values", nil, versioning(func(secret.Secret) string { return "1" })},
		{"version_is_stable", "counts reads", nil, func(p *faulty) {
			var reads atomic.Int64
			versioning(func(secret.Secret) string { return fmt.Sprint(reads.Add(1)) })(p)
		}},
		{"version_is_printable", "ends a version in a newline", nil, versioning(func(s secret.Secret) string { return s.Version() + "\n" })},
		{"version_holds_no_value", "derives the version from the value", nil, versioning(func(s secret.Secret) string {
			return base64.StdEncoding.EncodeToString([]byte(text(s)))
		})},
	}
}

// foreign Is ErrNotFound and has no code.
type foreign struct{}

func (foreign) Error() string        { return "no such row" }
func (foreign) Is(target error) bool { return target == secret.ErrNotFound }

func errorFaults() []fault {
	return []fault{
		{"errors_have_codes", "returns errors without a code", nil, absent(func(secret.Key, error) error { return foreign{} })},
		{"errors_hold_no_value", "quotes the value that it could not set", nil, func(p *faulty) {
			p.set = func(ctx context.Context, key secret.Key, value secret.Secret) error {
				err := p.memory.Set(ctx, key, value)
				if errors.Is(err, context.Canceled) {
					return fmt.Errorf("set %q to %q: %w", key, text(value), err)
				}
				return err
			}
		}},
		{"errors_are_one_line", "quotes what the store printed", nil, absent(func(_ secret.Key, err error) error {
			return fmt.Errorf("store: \x1b[31mno such key\n%w", err)
		})},
		{"errors_name_their_key", "names the key as the store spells it", nil, absent(func(key secret.Key, _ error) error {
			return fail(secret.OpGet, secret.Key(strings.ToLower(string(key))), secret.ErrNotFound)
		})},
	}
}

func verbFaults() []fault {
	outage := func(op secret.Op) error { return fail(op, "", secret.ErrUnavailable) }
	return []fault{
		{"unsupported_set_says_so", "reports Set as an outage", bareOnly, func(p *faulty) {
			p.set = func(context.Context, secret.Key, secret.Secret) error { return outage(secret.OpSet) }
		}},
		{"unsupported_delete_says_so", "ignores Delete without an error", bareOnly, func(p *faulty) {
			p.del = func(context.Context, secret.Key) error { return nil }
		}},
		{"unsupported_keys_says_so", "lists nothing", bareOnly, func(p *faulty) {
			p.keys = func(context.Context, string) ([]secret.Key, error) { return nil, nil }
		}},
		{"unsupported_watch_says_so", "yields nothing", bareOnly, func(p *faulty) {
			p.watch = func(context.Context) iter.Seq2[secret.Event, error] {
				return func(func(secret.Event, error) bool) {}
			}
		}},
	}
}

func lifeFaults() []fault {
	return []fault{
		{"goroutines_end", "leaves a goroutine behind every Get", nil, func(p *faulty) {
			p.get = func(ctx context.Context, key secret.Key) (secret.Secret, error) {
				go func() { <-p.over }()
				return p.memory.Get(ctx, key)
			}
		}},
		{"close_works", "returns an error from Close", nil, func(p *faulty) {
			p.h.Close = func() error { return errors.Join(p.memory.Close(), errors.New("busy")) }
		}},
		{"after_close_is_closed", "works after Close", nil, func(p *faulty) {
			p.h.Close = func() error { return nil }
		}},
	}
}
