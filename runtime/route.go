package runtime

import (
	"context"
	"fmt"
	"strings"

	"github.com/postern-project/postern/runtime/internal/chain"
	"github.com/postern-project/postern/runtime/secret"
)

// route is the way of a request: the providers that are asked, in order, and
// the one that is written to.
type route struct {
	names  []string
	links  []chain.Link
	source chain.Source // asks the links in order
	writer *provider    // nil if no link is written to
}

// newRoute returns the route over links.
func (r *Runtime) newRoute(links []chain.Link) *route {
	to := &route{links: links, source: chain.New(links, r.now)}
	for _, l := range links {
		to.names = append(to.names, l.Name)
		if to.writer == nil && l.Writable {
			to.writer = r.provider(l.Name)
		}
	}
	return to
}

// routeOf returns the route over the named providers, the same one for the same
// names: keys that take the same route are asked for together.
func (r *Runtime) routeOf(op secret.Op, key Key, names []string) (*route, error) {
	id := strings.Join(names, "/") // no name has a slash
	if to, ok := r.routes.Load(id); ok {
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
	to, _ := r.routes.LoadOrStore(id, r.newRoute(links))
	return to.(*route), nil
}

// write stores value under key, or removes the key.
func (to *route) write(ctx context.Context, op secret.Op, key Key, value Secret) error {
	if op == secret.OpSet {
		return to.source.Set(ctx, key, value)
	}
	return to.source.Delete(ctx, key)
}
