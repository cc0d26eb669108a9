package app

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/postern-project/postern/cmd/postern/internal/signals"
	"github.com/postern-project/postern/runtime/secret"
)

// Interrupted is the cause of a context that a signal canceled.
type Interrupted struct{ os.Signal }

// Error returns "interrupted by SIGINT" or the like.
func (i Interrupted) Error() string {
	switch i.Signal {
	case os.Interrupt:
		return "interrupted by SIGINT"
	case syscall.SIGTERM:
		return "interrupted by SIGTERM"
	}
	return "interrupted by " + signals.Name(i.Signal)
}

// sameRequest is how long more signals after the first are the same request to end:
// timeout(1) sends two.
const sameRequest = 100 * time.Millisecond

// OnSignals returns a context that the first signal that ends programs cancels, with
// an [Interrupted] as the cause. Another SIGINT, SIGTERM or SIGHUP, a moment later,
// ends the process. The other signals never do that by themselves: their default in
// Go is to print all stacks, or nothing. The caller must call stop.
func OnSignals(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	ending, others := make(chan os.Signal, 1), make(chan os.Signal, 1)
	notify(ending, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	notify(others, signals.Ending()...)
	stopped, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		defer signal.Stop(others)
		defer signal.Stop(ending)
		select {
		case s := <-ending:
			cancel(Interrupted{s})
		case s := <-others:
			cancel(Interrupted{s})
		case <-stopped:
			return
		}
		select {
		case <-time.After(sameRequest):
		case <-stopped:
		}
		signal.Stop(ending)
		<-stopped
	}()
	return ctx, func() {
		close(stopped)
		<-done
		cancel(nil)
	}
}

// notify is signal.Notify without the signals that the parent ignores, as nohup does:
// they stay ignored, so that a child inherits that.
func notify(c chan<- os.Signal, list ...os.Signal) {
	for _, s := range list {
		if !signal.Ignored(s) {
			signal.Notify(c, s)
		}
	}
}

// Ended returns the error of a command whose time is over or that was interrupted, nil if
// it may go on. How many keys there are, and how long they are, is for the authors of
// modules to say: each loop over keys asks for every one.
func Ended(ctx context.Context) error {
	err := ctx.Err()
	if err == nil {
		return nil
	}
	return (&secret.Error{Code: secret.CodeOf(err), Op: secret.OpKeys, Detail: "the command ended before it had looked at all keys"}).Wrap(err)
}

// ForwardSignals says that from now on signals are for another process, whose end
// is also the end of this command.
func (a *App) ForwardSignals() { a.forwards.Store(true) }

// ForwardsSignals reports whether ForwardSignals was called.
func (a *App) ForwardsSignals() bool { return a.forwards.Load() }
