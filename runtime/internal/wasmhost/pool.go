package wasmhost

import (
	"context"
	"sync"
	"time"
)

// pool lends instances, each to one caller at a time. It lends the instance that
// was returned last, whose memory is most likely still in the caches.
type pool struct {
	slots chan struct{} // holds one token per instance on loan
	make  func(ctx context.Context, deadline time.Time) (*instance, error)

	mu   sync.Mutex
	idle []*instance // guarded by mu
}

func newPool(size int, make_ func(context.Context, time.Time) (*instance, error)) *pool {
	return &pool{slots: make(chan struct{}, size), make: make_}
}

// borrow returns an idle instance or makes one. If all are on loan, it waits until
// the deadline. The caller calls giveBack or discard once for every instance that
// it got.
func (p *pool) borrow(ctx context.Context, deadline time.Time) (*instance, error) {
	if err := put(ctx, deadline, p.slots); err != nil {
		return nil, err
	}
	if i := p.pop(); i != nil {
		return i, nil
	}
	made := false
	defer func() {
		if !made { // also after a panic
			<-p.slots
		}
	}()
	i, err := p.make(ctx, deadline)
	made = err == nil
	return i, err
}

// put puts a token into places. If they are full, it waits until the deadline. The
// caller takes the token out again.
func put(ctx context.Context, deadline time.Time, places chan<- struct{}) error {
	select { // most often there is a place, and no timer is needed
	case places <- struct{}{}:
		return nil
	default:
	}
	over := time.NewTimer(time.Until(deadline))
	defer over.Stop()
	select {
	case places <- struct{}{}:
		return nil
	case <-over.C:
		return context.DeadlineExceeded
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pool) pop() *instance {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.idle) - 1
	if last < 0 {
		return nil
	}
	i := p.idle[last]
	p.idle[last] = nil
	p.idle = p.idle[:last]
	return i
}

func (p *pool) giveBack(i *instance) {
	p.mu.Lock()
	p.idle = append(p.idle, i)
	p.mu.Unlock()
	<-p.slots
}

func (p *pool) discard(i *instance) {
	i.close()
	<-p.slots
}

// close closes the idle instances. No instance may be on loan.
func (p *pool) close() {
	for i := p.pop(); i != nil; i = p.pop() {
		i.close()
	}
}
