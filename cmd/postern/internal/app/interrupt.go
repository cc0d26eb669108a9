package app

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
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
	return "interrupted by the signal " + i.String()
}

// sameRequest is how long more signals after the first are the same request to end:
// timeout(1) sends two.
const sameRequest = 100 * time.Millisecond

// OnSignals returns a context that the first SIGINT or SIGTERM cancels, with an
// [Interrupted] as the cause. Another one, a moment later, ends the process. The
// caller must call stop.
func OnSignals(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		if !signal.Ignored(s) { // keep signals ignored that the parent ignores (nohup), so that the child inherits that
			signal.Notify(signals, s)
		}
	}
	stopped, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		defer signal.Stop(signals)
		select {
		case s := <-signals:
			cancel(Interrupted{s})
		case <-stopped:
			return
		}
		select {
		case <-time.After(sameRequest):
		case <-stopped:
		}
	}()
	return ctx, func() {
		close(stopped)
		<-done
		cancel(nil)
	}
}

// ForwardSignals says that from now on signals are for another process, whose end
// is also the end of this command.
func (a *App) ForwardSignals() { a.forwards.Store(true) }

// ForwardsSignals reports whether ForwardSignals was called.
func (a *App) ForwardsSignals() bool { return a.forwards.Load() }
