package values

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/glob"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// looks is a context that counts how often somebody asks whether it has ended. It ends at
// the look after the last one.
type looks struct {
	context.Context
	n, last int
}

func (l *looks) Err() error {
	if l.n++; l.n > l.last {
		return context.DeadlineExceeded
	}
	return nil
}

// lister is a Session with one provider, whose module lists keys.
type lister struct {
	app.Session
	config *config.Config
	keys   []secret.Key
}

func (l lister) Config() *config.Config                             { return l.config }
func (l lister) At(string) (app.Client, error)                      { return l, nil }
func (l lister) Keys(context.Context, string) ([]secret.Key, error) { return l.keys, nil }
func (l lister) List(context.Context, string) (runtime.Listing, error) {
	return runtime.Listing{Keys: l.keys}, nil
}
func (l lister) GetMany(context.Context, []secret.Key) []secret.Result {
	return nil
}

func (l lister) Caller() runtime.Caller { return runtime.Caller{Name: "app"} }

func (l lister) Decide(secret.Op, secret.Key) policy.Decision {
	return policy.Decision{Allow: true, Code: policy.Allowed, Providers: []string{"m"}}
}

// How many keys a module lists is for its author to say, and what is done with each may
// take long. So every loop over them looks at each key whether the command has ended.
func TestEveryLoopOverKeysObeysTheTimeLimit(t *testing.T) {
	t.Parallel()
	const n = 90_000
	deep := strings.Repeat("a/", 78)
	s := lister{config: &config.Config{Found: true}}
	s.config.Options.PolicyFile = runtime.PolicyFile{Path: "postern.lua"}
	variables := make([]Variable, n)
	for i := range n {
		s.keys = append(s.keys, secret.Key(fmt.Sprintf("%s%06d", deep, i)))
		variables[i] = Variable{Name: VariableName(s.keys[i]), Key: s.keys[i]}
	}
	never, err := glob.ParseKey("**/a/b")
	if err != nil {
		t.Fatal(err)
	}
	s.config.Inject = map[string]glob.List{"other": {never}}
	v := &Inventory{a: app.New(nil, nil, io.Discard, io.Discard), s: s}
	v.all = []held{{ProviderInfo: runtime.ProviderInfo{Name: "m", InChain: true}, routed: true, keys: s.keys}}
	env := &Inventory{a: v.a, s: s, all: []held{{ProviderInfo: runtime.ProviderInfo{Name: "e", Module: "env", Builtin: true}, routed: true, keys: s.keys}}}
	injected := &Inventory{a: v.a, s: s, all: []held{{ProviderInfo: runtime.ProviderInfo{Name: "other"}, routed: true, keys: s.keys}}}
	inherits := func(string) bool { return false }
	for name, step := range map[string]func(context.Context) error{
		"list": func(ctx context.Context) error {
			return v.list(ctx, &held{ProviderInfo: runtime.ProviderInfo{Name: "m"}, routed: true})
		},
		"select":     func(ctx context.Context) error { _, err := v.Select(ctx, Selection{}); return err },
		"candidates": func(ctx context.Context) error { _, err := v.Candidates(ctx, Selection{}, inherits, true); return err },
		"inherited": func(ctx context.Context) error {
			_, err := env.Candidates(ctx, Selection{}, inherits, true)
			return err
		},
		"by rule":       func(ctx context.Context) error { _, _, err := v.ByRule(ctx, variables, Selection{}, nil); return err },
		"names":         func(ctx context.Context) error { return CheckNames(ctx, "run", variables) },
		"inject":        func(ctx context.Context) error { return injected.CheckInject(ctx, &cli.Command{}, false) },
		"globs":         func(ctx context.Context) error { _, err := v.matches(ctx, never); return err },
		"mask":          func(ctx context.Context) error { _, err := v.MaskAll(ctx, Selection{}, true, nil); return err },
		"warn of shown": func(ctx context.Context) error { return v.WarnShown(ctx) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := &looks{Context: t.Context(), last: 1 << 30}
			if err := step(all); secret.CodeOf(err) == secret.ErrTimeout {
				t.Fatal(err)
			}
			if all.n < n {
				t.Errorf("%d looks for %d keys", all.n, n)
			}
			ended := &looks{Context: t.Context(), last: 100}
			if err := step(ended); secret.CodeOf(err) != secret.ErrTimeout || ended.n > ended.last+10 {
				t.Errorf("%v after %d looks, want timeout", err, ended.n)
			}
		})
	}
}
