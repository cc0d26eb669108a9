package runtime

import (
	"time"

	"github.com/postern-project/postern/runtime/internal/chain"
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

// writers returns the links that are written to, in order.
func (to *route) writers() []*chain.Link {
	var writers []*chain.Link
	for i := range to.links {
		if to.links[i].Writable {
			writers = append(writers, &to.links[i])
		}
	}
	return writers
}
