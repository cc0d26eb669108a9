package cli

import (
	"context"
	"errors"

	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/runtime/secret"
)

// fetch reads all keys in one request. A key that was removed since it was
// listed is left out; any other failure is the failure of all.
func (s *session) fetch(ctx context.Context, keys []secret.Key) ([]format.Entry, error) {
	var entries []format.Entry
	for _, r := range s.bound.GetMany(ctx, keys) {
		switch {
		case errors.Is(r.Err, secret.ErrNotFound):
			continue
		case r.Err != nil:
			return nil, r.Err
		}
		entries = append(entries, format.Entry{Key: r.Key, Value: r.Secret})
	}
	return entries, nil
}

// answer is what one of several references leads to.
type answer struct {
	value secret.Secret
	err   error
}

// resolveAll returns one answer per reference, in their order. Every provider
// is asked once for all of its keys: those that name none, and those that name
// the same one, are one request.
func (a *app) resolveAll(ctx context.Context, s *session, refs []reference) []answer {
	answers := make([]answer, len(refs))
	groups := map[string][]int{} // provider -> places in refs
	var order []string
	for i, ref := range refs {
		if groups[ref.provider] == nil {
			order = append(order, ref.provider)
		}
		groups[ref.provider] = append(groups[ref.provider], i)
	}
	for _, provider := range order {
		s.resolveAt(ctx, provider, groups[provider], refs, answers)
	}
	for i, ref := range refs { // a part of a value is known to nobody yet
		if v := answers[i]; v.err == nil && ref.pointer != "" {
			answers[i].err = a.values.Add(string(ref.key), v.value)
		}
	}
	return answers
}

// resolveAt fills the answers of the places in which one provider is asked.
func (s *session) resolveAt(ctx context.Context, provider string, places []int, refs []reference, answers []answer) {
	from, err := s.at(provider)
	if err != nil {
		for _, i := range places {
			answers[i].err = err
		}
		return
	}
	keys := make([]secret.Key, len(places))
	for n, i := range places {
		keys[n] = refs[i].key
	}
	for n, r := range from.GetMany(ctx, keys) {
		i := places[n]
		answers[i].value, answers[i].err = refs[i].finish(r.Secret, r.Err)
	}
}

// resolve returns the value that ref names.
func (s *session) resolve(ctx context.Context, ref reference) (secret.Secret, error) {
	from, err := s.at(ref.provider)
	if err != nil {
		return secret.Secret{}, err
	}
	return ref.finish(from.Get(ctx, ref.key))
}

// warnDegraded says that a value is not from whom it should be.
func (a *app) warnDegraded(key secret.Key, v secret.Secret) {
	for _, name := range v.Degraded() {
		a.warn("provider %q was skipped because it failed; the value of %q is from %q", name, key, v.Provider())
	}
}
