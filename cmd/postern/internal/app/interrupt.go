package app

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Interrupted is the cause of a context that a signal canceled.
type Interrupted struct{ os.Signal }

func (i Interrupted) Error() string { return "interrupted by " + i.String() }

// OnSignals returns a context that the first SIGINT or SIGTERM cancels, with an
// [Interrupted] as the cause. The second one ends the process. The caller must
// call stop.
func OnSignals(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		if !signal.Ignored(s) { // keep signals ignored that the parent ignores (nohup), so that the child inherits that
			signal.Notify(signals, s)
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case s := <-signals:
			signal.Stop(signals)
			cancel(Interrupted{s})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
		<-done
	}
}
