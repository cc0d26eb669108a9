package cli

import (
	"context"
	"errors"
	"slices"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// listed returns the keys of sel that the chain lists and the policy lets the
// caller read, sorted. Without --only the keys of providers that leave names are
// not among them; with it, that nothing matches is an error: what was asked for
// by name is missing.
func (a *app) listed(ctx context.Context, s *session, sel selection, leave func(runtime.ProviderInfo) bool) ([]secret.Key, error) {
	var keys []secret.Key
	var err error
	if len(sel.only) > 0 {
		keys, err = s.bound.Keys(ctx, "")
	} else {
		keys, err = a.listedBut(ctx, s, leave)
	}
	if err != nil {
		return nil, err
	}
	keys = slices.DeleteFunc(keys, func(k secret.Key) bool { return !sel.has(k) || !s.readable(k) })
	if len(sel.only) > 0 && len(keys) == 0 {
		return nil, &secret.Error{Code: secret.ErrNotFound, Op: secret.OpKeys, Detail: "no key matches --only"}
	}
	return keys, nil
}

// listedBut asks the providers of the chain one by one.
func (a *app) listedBut(ctx context.Context, s *session, leave func(runtime.ProviderInfo) bool) ([]secret.Key, error) {
	var all []secret.Key
	for _, p := range s.Providers() {
		if !p.InChain || leave(p) {
			continue
		}
		one, err := s.bound.At(p.Name)
		if err != nil {
			return nil, err
		}
		keys, err := one.Keys(ctx, "")
		switch code := secret.CodeOf(err); {
		case err == nil:
			all = append(all, keys...)
		case code == secret.ErrUnsupported, unconfigured(err):
		case s.lenient(p.Name) && errors.Is(err, secret.ErrUnavailable):
			a.warn("provider %q was skipped because it failed: its keys are missing", p.Name)
		default:
			return nil, err
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// unconfigured reports whether err says of one provider that it is not
// configured here. As a chain of its own, that is all that its chain has.
func unconfigured(err error) bool {
	var e *secret.Error
	return errors.As(err, &e) && len(e.Attempts) == 1 && e.Attempts[0].Code == secret.ErrNotConfigured
}

// lenient reports whether the chain goes on past a provider that fails.
func (s *session) lenient(name string) bool {
	return slices.ContainsFunc(s.config.Options.Chain, func(l runtime.ChainLink) bool {
		return l.Name == name && l.ContinueWhenUnavailable
	})
}

// readable reports whether the policy lets the caller read key. Where the policy
// itself fails the key counts as readable, so that reading it says so.
func (s *session) readable(key secret.Key) bool {
	d := s.bound.Decide(secret.OpGet, key)
	return d.Allow || d.Code != policy.DeniedByRule && d.Code != policy.NoRule && d.Code != policy.NoChain
}

// environment reports whether a provider reads variables: a child or a step has
// those already.
func environment(p runtime.ProviderInfo) bool { return p.Module == "env" }

// wholeEnvironment reports whether a provider lists every variable that there
// is, so that being listed says nothing about being secret.
func (s *session) wholeEnvironment(p runtime.ProviderInfo) bool {
	return environment(p) && slices.ContainsFunc(s.config.Options.Providers, func(o runtime.ProviderOptions) bool {
		return o.Name == p.Name && o.Config["prefix"] == "" && slices.Contains(o.Grant.Env, "*")
	})
}
