package secrets

import (
	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/suggest"
)

// writable returns the client for set and delete: the named provider alone, or
// the chain if the name is "". It refuses a provider that keeps values in
// memory, since they are lost when this command ends.
func writable(s app.Session, provider string) (app.Client, error) {
	to, err := s.At(provider)
	if err != nil {
		return nil, err
	}
	for _, p := range s.Providers() {
		if p.Name == to.Writer() && p.Module == "memory" {
			detail := "a value in memory is lost when this command ends; use --provider to name another provider"
			return nil, (&secret.Error{Code: secret.ErrReadOnly, Op: secret.OpSet, Provider: p.Name, Detail: detail}).
				Wrap(suggest.Hint("postern provider list"))
		}
	}
	return to, nil
}
