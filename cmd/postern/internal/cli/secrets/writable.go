package secrets

import (
	"context"
	"errors"
	"slices"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/values"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/suggest"
)

// keeps returns nil if what a write of key does outlives this command. It refuses a
// write that goes to a provider that keeps values in memory: the rules of the policy
// say for each key where it goes. to is the client that writes.
func keeps(ctx context.Context, s app.Session, to app.Client, op secret.Op, key secret.Key) error {
	var memory []string
	for _, p := range s.Providers() {
		if p.Module == "memory" {
			memory = append(memory, p.Name)
		}
	}
	forgets := func(provider string) bool { return slices.Contains(memory, provider) }
	writers := to.Writers(op, key)
	lasting := slices.DeleteFunc(slices.Clone(writers), forgets)
	switch {
	case len(writers) == 0: // the write itself says why
		return nil
	case len(lasting) == 0:
		return forgotten(op, key, writers[0])
	case op == secret.OpDelete || !forgets(writers[0]):
		return nil // nothing is in memory yet, so another provider is written to
	}
	// The value goes to the first of them that has the key, else into memory. A caller
	// who may not get the key does not learn which.
	for _, name := range lasting {
		one, err := s.At(name)
		if err != nil {
			return err
		}
		_, err = one.Get(ctx, key)
		switch {
		case err == nil:
			return nil
		case !values.Missing(err) && !errors.Is(err, secret.ErrDenied):
			return err
		}
	}
	return forgotten(op, key, writers[0])
}

func forgotten(op secret.Op, key secret.Key, provider string) error {
	detail := "a value in memory is lost when this command ends; use --provider to name another provider"
	return (&secret.Error{Code: secret.ErrReadOnly, Op: op, Key: key, Provider: provider, Detail: detail}).
		Wrap(suggest.Command("postern", "explain", "--op", string(op), "--", string(key)))
}
