package runtime

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/internal/watch"
	"github.com/postern-project/postern/runtime/secret"
)

// feeds merge the watches of providers written in Go into the hub. They begin
// with the first Watch of a Runtime and end with Close.
type feeds struct {
	hub       *watch.Hub
	log       *slog.Logger
	providers []*provider

	mu     sync.Mutex
	closed bool               // guarded by mu
	cancel context.CancelFunc // guarded by mu: not nil once they began
	wg     sync.WaitGroup
}

// How long a feed waits before it watches a provider again whose watch ended:
// doubled each time, up to the last.
const (
	feedRetryFirst = time.Second
	feedRetryLast  = 5 * time.Minute
)

// begin starts to watch the providers, once.
func (f *feeds) begin() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || f.cancel != nil {
		return
	}
	var ctx context.Context
	ctx, f.cancel = context.WithCancel(context.Background())
	for _, p := range f.providers {
		if p.host == nil { // modules are not watched
			f.wg.Go(func() { f.feed(ctx, p) })
		}
	}
}

// close ends the feeds and waits for them: a provider's Watch ends with its
// context.
func (f *feeds) close() {
	f.mu.Lock()
	f.closed = true
	if f.cancel != nil {
		f.cancel()
	}
	f.mu.Unlock()
	f.wg.Wait()
}

// feed publishes the events of one provider. When its watch fails, it publishes a
// Degraded event and watches the provider again after a while.
func (f *feeds) feed(ctx context.Context, p *provider) {
	name := p.options.Name
	for wait := feedRetryFirst; ; wait = min(2*wait, feedRetryLast) {
		var failed error
		silent := true
		for e, err := range p.source.Watch(ctx) {
			if err != nil {
				failed = err
				break
			}
			wait, silent = feedRetryFirst, false
			if e.Key != "" || isNotice(e.Kind) {
				f.publish(name, e)
			}
		}
		if ctx.Err() != nil || secret.CodeOf(failed) == secret.ErrUnsupported || silent && failed == nil {
			return // a watch that ends at once, without event or error, is not supported
		}
		f.hub.Publish(SecretEvent{Kind: secret.EventDegraded, Provider: name})
		go f.warn(name, secret.CodeOf(failed), wait) // Close does not wait for log handlers, which may call it
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// publish publishes an event of a provider. One without a key has nothing but its
// kind and its provider.
func (f *feeds) publish(name string, e SecretEvent) {
	if e.Key == "" {
		e = SecretEvent{Kind: e.Kind, Missed: e.Missed}
	}
	e.Provider = name
	f.hub.Publish(e)
}

// isNotice reports whether events of this kind have no key.
func isNotice(k secret.EventKind) bool {
	return k == secret.EventResync || k == secret.EventLagged || k == secret.EventDegraded
}

func (f *feeds) warn(name string, code secret.Code, wait time.Duration) {
	f.log.LogAttrs(context.Background(), slog.LevelWarn, "watching a provider failed, trying again",
		slog.String("provider", name), slog.String("code", string(code)), slog.Duration("after", wait))
}
