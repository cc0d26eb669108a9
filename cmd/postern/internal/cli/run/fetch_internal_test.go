package run

import (
	"context"
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/glob"
	"github.com/postern-project/postern/runtime/secret"
)

// crowd is a provider that lists many deep keys and has none of them.
type crowd struct{ secret.Provider }

func (crowd) Get(context.Context, secret.Key) (secret.Secret, error) {
	return secret.Secret{}, secret.ErrInvalidValue
}

func (crowd) Keys(context.Context, string) ([]secret.Key, error) {
	keys := make([]secret.Key, 90_000)
	for i := range keys {
		keys[i] = secret.Key(fmt.Sprintf("%s%06d", strings.Repeat("a/", 78), i))
	}
	return keys, nil
}

func (crowd) Watch(context.Context) iter.Seq2[secret.Event, error] {
	return func(yield func(secret.Event, error) bool) { yield(secret.Event{}, secret.ErrUnsupported) }
}

// However many keys a provider lists, and whether or not they may become variables, run
// ends when its time is over, and its error stays short.
func TestRunEndsInTimeBesideManyKeys(t *testing.T) {
	t.Parallel()
	every, err := glob.ParseKey("**")
	if err != nil {
		t.Fatal(err)
	}
	for name, inject := range map[string]map[string]glob.List{"left out": nil, "injected": {"m": {every}}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const limit, margin = 3 * time.Second, 15 * time.Second
			a := app.New(nil, nil, io.Discard, io.Discard)
			c := &config.Config{Timeout: limit, Inject: inject, Options: runtime.Options{Providers: []runtime.ProviderOptions{{Name: "m", Provider: crowd{}}}}}
			start := time.Now()
			err := a.WithConfig(t.Context(), c, func(ctx context.Context, s app.Session) error {
				return fetch(ctx, a, s, &cli.Command{}, emptyPlan(), true)
			})
			if took := time.Since(start); err == nil || took > limit+margin {
				t.Errorf("%v after %v, want an error after %v at most", err, took, limit)
			}
			if err != nil && len(err.Error()) > 20_000 {
				t.Errorf("an error of %d bytes: %.200s", len(err.Error()), err)
			}
		})
	}
}
