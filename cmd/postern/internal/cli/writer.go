package cli

import (
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/secret"
)

// writer returns whom a write goes to: the named provider, else the first of
// the chain that is written to. A provider in memory is refused: it ends with
// this command, and the value with it.
func (s *session) writer(name string) (*runtime.Bound, error) {
	to, err := s.at(name)
	if err != nil {
		return nil, err
	}
	for _, p := range s.Providers() {
		if p.Name == to.Writer() && p.Module == "memory" {
			detail := "what is in memory is gone when this command ends; name another provider or make one writable"
			return nil, (&secret.Error{Code: secret.ErrReadOnly, Op: secret.OpSet, Provider: p.Name, Detail: detail}).
				Wrap(config.Hint("postern provider list"))
		}
	}
	return to, nil
}
