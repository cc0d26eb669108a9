package values

import (
	"context"
	"errors"
	"slices"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// List returns the selected keys that the chain lists and the policy lets the
// caller read, sorted. Without --only it leaves out the keys of providers for
// which skip returns true. With --only it fails if no key matches: somebody
// expects a value that does not exist.
func List(ctx context.Context, a *app.App, s app.Session, sel Selection, skip func(runtime.ProviderInfo) bool) ([]secret.Key, error) {
	var keys []secret.Key
	var err error
	if len(sel.only) > 0 {
		keys, err = s.Keys(ctx, "")
	} else {
		keys, err = listProviders(ctx, a, s, skip)
	}
	if err != nil {
		return nil, err
	}
	keys = slices.DeleteFunc(keys, func(k secret.Key) bool { return !sel.has(k) || !readable(s, k) })
	if len(sel.only) > 0 && len(keys) == 0 {
		return nil, &secret.Error{Code: secret.ErrNotFound, Op: secret.OpKeys, Detail: "no key matches --only"}
	}
	return keys, nil
}

// listProviders asks the providers of the chain one by one.
func listProviders(ctx context.Context, a *app.App, s app.Session, skip func(runtime.ProviderInfo) bool) ([]secret.Key, error) {
	var all []secret.Key
	for _, p := range s.Providers() {
		if !p.InChain || skip(p) {
			continue
		}
		one, err := s.At(p.Name)
		if err != nil {
			return nil, err
		}
		keys, err := one.Keys(ctx, "")
		switch code := secret.CodeOf(err); {
		case err == nil:
			all = append(all, keys...)
		case code == secret.ErrUnsupported, notConfigured(err):
		case optional(s, p.Name) && errors.Is(err, secret.ErrUnavailable):
			a.Warn("provider %q was skipped because it failed: its keys are missing", p.Name)
		default:
			return nil, err
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// notConfigured reports whether a provider that was asked alone is not
// configured. A chain of one provider reports that as its only attempt.
func notConfigured(err error) bool {
	var e *secret.Error
	return errors.As(err, &e) && len(e.Attempts) == 1 && e.Attempts[0].Code == secret.ErrNotConfigured
}

// optional reports whether the chain continues when the provider fails.
func optional(s app.Session, provider string) bool {
	return slices.ContainsFunc(s.Config().Options.Chain, func(l runtime.ChainLink) bool {
		return l.Name == provider && l.ContinueWhenUnavailable
	})
}

// readable reports whether the policy lets the caller read key. If the policy
// itself fails, the key counts as readable, so that reading it reports the fault.
func readable(s app.Session, key secret.Key) bool {
	d := s.Decide(secret.OpGet, key)
	return d.Allow || d.Code != policy.DeniedByRule && d.Code != policy.NoRule && d.Code != policy.NoChain
}

// FromEnvironment reports whether a provider reads environment variables. A
// child process, or the next step of a CI job, has those already.
func FromEnvironment(p runtime.ProviderInfo) bool { return p.Module == "env" }
