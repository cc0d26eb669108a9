package runtime

import (
	"context"
	"time"

	"github.com/postern-project/postern/runtime/internal/chain"
	"github.com/postern-project/postern/runtime/secret"
)

// route lists the providers that a request asks, in order, and the one that it
// writes to.
type route struct {
	names  []string
	links  []chain.Link
	source chain.Source // asks the links in order
	writer *chain.Link  // nil if no link is written to
}

// newRoute returns the route over links.
func newRoute(links []chain.Link, now func() time.Time) *route {
	to := &route{links: links, source: chain.New(links, now)}
	for i := range links {
		to.names = append(to.names, links[i].Name)
		if to.writer == nil && links[i].Writable {
			to.writer = &links[i]
		}
	}
	return to
}

// write stores value under key, or removes the key.
func (to *route) write(ctx context.Context, op secret.Op, key Key, value Secret) error {
	if op == secret.OpSet {
		return to.source.Set(ctx, key, value)
	}
	return to.source.Delete(ctx, key)
}
