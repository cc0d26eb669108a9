package runtime

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/internal/gosource"
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

// feed watches one provider. When its watch fails, a Degraded event is published and the
// provider is watched again after a while. A provider whose first watch is unsupported, or
// ends at once without event or error, is not watched again. Close waits for feed, so it
// calls no code of the embedder, which may call Close.
func (f *feeds) feed(ctx context.Context, p *provider) {
	name := p.options.Name
	for wait, first := feedRetryFirst, true; ; wait, first = min(2*wait, feedRetryLast), false {
		begun := time.Now()
		var end watchEnd
		select {
		case end = <-f.attempt(ctx, p, first):
		case <-ctx.Done():
			return // the attempt ends by itself: Close may be called from inside it
		}
		if ctx.Err() != nil || !end.again {
			return
		}
		if end.some && time.Since(begun) >= wait {
			wait = feedRetryFirst // it worked, for longer than the pause: this is a new failure
		}
		go f.warn(name, end.err, wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// watchEnd is how a watch of a provider ended.
type watchEnd struct {
	err   error
	some  bool // there were events
	again bool // it failed, and a Degraded event was published
}

func (e watchEnd) unsupported() bool {
	return secret.CodeOf(e.err) == secret.ErrUnsupported || e.err == nil && !e.some
}

// attempt watches a provider once and passes on its events, in a goroutine that ends with
// ctx and that the provider may end with runtime.Goexit. The provider may yield from another
// goroutine, such as that of a Set: it does not wait for the clock, which cannot end it.
func (f *feeds) attempt(ctx context.Context, p *provider, first bool) <-chan watchEnd {
	ended := make(chan watchEnd, 1)
	go func() {
		end := watchEnd{err: gosource.Panicked(secret.OpWatch, "")}
		defer func() { ended <- end }()
		defer func() {
			if ctx.Err() == nil && !(first && end.unsupported()) {
				end.again = true
				f.hub.Publish(SecretEvent{Kind: secret.EventDegraded, Provider: p.options.Name})
			}
		}()
		var failed error
		for e, err := range p.source.Watch(ctx) {
			if err != nil {
				failed = err
				break
			}
			end.some = true
			if isChange(e) || isNotice(e.Kind) {
				f.hub.Publish(eventOf(p.options.Name, e))
			}
		}
		end.err = failed
	}()
	return ended
}

// eventOf returns an event of a provider as it is published. One without a key has nothing
// but its kind and its provider.
func eventOf(name string, e SecretEvent) SecretEvent {
	if !isChange(e) {
		e = SecretEvent{Kind: e.Kind, Missed: e.Missed}
	}
	e.Provider = name
	return e
}

// isChange reports whether an event is about a key. Events of an unknown kind are
// not passed on. Whether the key can exist is checked where all requests are.
func isChange(e SecretEvent) bool {
	switch e.Kind {
	case secret.EventAdded, secret.EventRotated, secret.EventRemoved, secret.EventDegraded:
		return e.Key != ""
	}
	return false
}

// isNotice reports whether events of this kind have no key.
func isNotice(k secret.EventKind) bool {
	return k == secret.EventResync || k == secret.EventLagged || k == secret.EventDegraded
}

func (f *feeds) warn(name string, err error, wait time.Duration) {
	defer letFail()
	f.log.LogAttrs(context.Background(), slog.LevelWarn, "watching a provider failed, trying again",
		slog.String("provider", name), slog.String("code", string(secret.CodeOf(err))), slog.Duration("after", wait))
}
