package runtime

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/internal/chain"
	"github.com/postern-project/postern/runtime/secret"
)

// routes are the configured providers and the routes over them.
type routes struct {
	now        func() time.Time
	providers  []*provider
	configured *route
	chosen     sync.Map // id -> *route: other orders that the policy chose
}

// provider returns the provider of that name, nil if there is none.
func (r *routes) provider(name string) *provider {
	for _, p := range r.providers {
		if p.options.Name == name {
			return p
		}
	}
	return nil
}

// over returns the route over the named providers, the same one for the same
// names: keys that take the same route are asked for together.
func (r *routes) over(op secret.Op, key Key, names []string) (*route, error) {
	id := strings.Join(names, "/") // no provider has a slash in its name, but a Decider may return one
	if to, ok := r.chosen.Load(id); ok && slices.Equal(to.(*route).names, names) {
		return to.(*route), nil
	}
	var links []chain.Link
	for _, name := range names {
		p := r.provider(name)
		if p == nil {
			return nil, &secret.Error{
				Code: secret.ErrPolicyFault, Op: op, Key: key,
				Detail: fmt.Sprintf("the policy names the provider %q, which is not configured", name),
			}
		}
		links = append(links, p.link())
	}
	to, _ := r.chosen.LoadOrStore(id, newRoute(links, r.now))
	return to.(*route), nil
}
