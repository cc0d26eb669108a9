package runtime_test

import (
	"bytes"
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// How many keys are listed is for the author of a module to say, and a decision may take
// long. So no more keys are decided, recorded or masked once the context has ended.
func TestTM009KeysAreDecidedUntilTheContextEnds(t *testing.T) {
	t.Parallel()
	const keys, ends = 2000, 50
	values := map[secret.Key]string{}
	for i := range keys {
		values[secret.Key(fmt.Sprintf("a/%04d", i))] = fmt.Sprintf("the-value-%04d", i)
	}
	store := newGoStore(t, values)
	all := make([]secret.Key, 0, keys)
	for k := range values {
		all = append(all, k)
	}
	for name, ask := range map[string]func(context.Context, *runtime.Client) error{
		"keys":     func(ctx context.Context, c *runtime.Client) error { _, err := c.Keys(ctx, ""); return err },
		"names":    func(ctx context.Context, c *runtime.Client) error { _, err := c.Names(ctx, "a"); return err },
		"get many": func(ctx context.Context, c *runtime.Client) error { return c.GetMany(ctx, all)[keys-1].Err },
	} {
		for _, recorded := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s recorded %v", name, recorded), func(t *testing.T) {
				t.Parallel()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var decisions atomic.Int64
				var log bytes.Buffer
				o := runtime.Options{Providers: single("own", store), Policy: decider(func(r policy.Request) policy.Decision {
					if decisions.Add(1) == ends {
						cancel()
					}
					return policy.Decision{Allow: true, Code: policy.Allowed, Providers: []string{"own"}}
				})}
				if recorded {
					o.DecisionLog.Writer = &log
				}
				rt := open(t, o)
				if err := ask(ctx, rt.For(runtime.Caller{})); secret.CodeOf(err) != secret.ErrCanceled {
					t.Errorf("%v, want canceled", err)
				}
				if n := decisions.Load(); n > ends+2 {
					t.Errorf("%d decisions, want no more once the context had ended at %d", n, ends)
				}
				if err := rt.Close(); err != nil { // the log is written until then
					t.Error(err)
				}
				if n := bytes.Count(log.Bytes(), []byte("\n")); n > 2*ends+10 {
					t.Errorf("%d lines in the decision log", n)
				}
			})
		}
	}
}

// Nor does Open mask what is listed for longer than its context.
func TestTM009MaskingOfListedKeysEndsWithTheContext(t *testing.T) {
	t.Parallel()
	const ends = 50
	values := map[secret.Key]string{}
	for i := range 2000 {
		values[secret.Key(fmt.Sprintf("a/%04d", i))] = fmt.Sprintf("the-value-%04d", i)
	}
	for name, when := range map[string]int64{"deciding what is listed": ends, "deciding what is read": 2000 + ends} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var decisions atomic.Int64
		rt, err := runtime.Open(ctx, runtime.Options{Providers: single("own", newGoStore(t, values)), Mask: []string{"**"},
			Policy: decider(func(policy.Request) policy.Decision {
				if decisions.Add(1) == when {
					cancel()
				}
				return policy.Decision{Allow: true, Code: policy.Allowed, Providers: []string{"own"}}
			})})
		if n := decisions.Load(); n > when+2 {
			t.Errorf("%s: %d decisions, want no more after %d", name, n, when)
		}
		if err == nil {
			if s := rt.Status(); len(s.Unmasked) != 1 || s.Unmasked[0].Code != secret.ErrCanceled {
				t.Errorf("%s: the status says %+v, want one provider whose values are not masked", name, s.Unmasked)
			}
			if err := rt.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
