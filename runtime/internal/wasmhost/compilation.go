package wasmhost

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/postern-project/postern/runtime/internal/goroutine"
	"github.com/postern-project/postern/runtime/secret"
)

// compilation is one attempt to compile the module. It runs in a goroutine of its
// own, on behalf of all callers that wait for it. If the last of them gives up, it is
// stopped. If their time is over, it continues for a while, so that a module that takes
// longer than a call is there for the next one. Close stops it and waits for it.
type compilation struct {
	done chan struct{} // closed when it has ended

	// Read after done is closed.
	result *compiled
	err    error
	final  bool     // the compiler refused the module, and would again
	notes  []string // warnings for the log of a caller, whose handler must not run here

	waiting int                     // guarded by the mu of the provider: callers
	stopped bool                    // guarded by the mu of the provider: has no result
	stop    context.CancelCauseFunc // ends it between two functions of the module
	linger  *time.Timer             // guarded by the mu of the provider: stops it, nil while callers wait
}

// errUnwanted stops a compilation that no caller waits for.
var errUnwanted = errors.New("nobody waits for the module any more")

// ready returns the compiled module, compiling it on the first call. It returns when
// ctx ends or the deadline is over, whatever the compiler does.
func (p *Provider) ready(ctx context.Context, deadline time.Time) (*compiled, error) {
	if c, err := p.loaded(); c != nil || err != nil {
		return c, err
	}
	// A timer of its own wakes this goroutine. The one of a context would start another
	// to do so, and both would have to queue behind those that compile.
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	over := time.NewTimer(time.Until(deadline))
	defer over.Stop()
	for {
		k, joined := p.join()
		if k == nil {
			return p.loaded()
		}
		var cause error
		select {
		case <-k.done:
		case <-ctx.Done():
			cause = ctx.Err()
		case <-over.C:
			cause = context.DeadlineExceeded
		}
		switch finished := p.leave(k, joined, errors.Is(cause, context.Canceled)); {
		case joined && finished:
			for _, n := range k.notes {
				p.note(ctx, n)
			}
			return k.result, k.err
		case cause != nil:
			return nil, p.stillCompiling(ctx, deadline, cause)
		}
	}
}

// stillCompiling is the error of a caller that did not wait until the module was
// compiled.
func (p *Provider) stillCompiling(ctx context.Context, deadline time.Time, cause error) error {
	e := &secret.Error{Code: secret.ErrTimeout, Op: secret.OpOpen, Provider: p.name, Detail: "the module is still being compiled"}
	if errors.Is(cause, context.Canceled) {
		e.Code = secret.ErrCanceled
	} else if d, ok := ctx.Deadline(); !ok || deadline.Before(d) {
		e.Detail += fmt.Sprintf(" after limits.call, %s", p.o.Limits.Call)
	}
	return e.Wrap(cause)
}

// endless returns an error for a call that could wait for itself: one inside
// Options.CompileProcess, for a module that would have to be compiled first. That may be
// the one that is compiled at the moment, or one that waits for the same place.
func (p *Provider) endless(op secret.Op) error {
	if c, err := p.loaded(); c != nil || err != nil || p.o.Builtin || !InsideCompilation() {
		return nil
	}
	return &secret.Error{Code: secret.ErrUnavailable, Op: op, Provider: p.name,
		Detail: "the module is not compiled yet, and this request is made by Options.CompileProcess, which other modules wait for"}
}

// InsideCompilation reports whether the calling goroutine compiles a module of some
// provider, and thus is in Options.CompileProcess.
func InsideCompilation() bool {
	return goroutine.Inside(func(name string) bool {
		return name == "github.com/postern-project/postern/runtime/internal/wasmhost.(*Provider).runCompilation"
	})
}

// join adds a caller to the compilation that runs, or starts one. It reports false
// for one that is being stopped: when that has ended, the caller calls join again.
// It returns nil if there is an outcome already. The caller calls leave.
func (p *Provider) join() (k *compilation, joined bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.compiled != nil || p.refused != nil {
		return nil, false
	}
	k = p.compilation
	if k == nil {
		var ctx context.Context
		k = &compilation{done: make(chan struct{})}
		ctx, k.stop = context.WithCancelCause(context.Background())
		p.compilation = k
		go p.runCompilation(ctx, k)
	}
	if k.stopped {
		return k, false
	}
	k.waiting++
	if k.linger != nil {
		k.linger.Stop()
		k.linger = nil
	}
	return k, true
}

// leave removes a caller and reports whether the compilation has ended. Without
// callers it is stopped: at once if the last one gave up, else later. That of a
// built-in module is not: it takes milliseconds, and callers in a hurry would never
// get it.
func (p *Provider) leave(k *compilation, joined, gaveUp bool) (finished bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-k.done:
		finished = true
	default:
	}
	if !joined {
		return finished
	}
	if k.waiting--; k.waiting > 0 || finished || p.o.Builtin {
		return finished
	}
	if gaveUp {
		k.abandon()
	} else {
		p.letLinger(k)
	}
	return finished
}

// letLinger has the compilation abandoned in a while, unless somebody joins it before.
// The caller holds the mu of the provider.
func (p *Provider) letLinger(k *compilation) {
	var own *time.Timer
	own = time.AfterFunc(p.o.linger(), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if k.linger == own { // else it was stopped, but had fired already
			k.abandon()
		}
	})
	k.linger = own
}

// abandon stops the compilation. The caller holds the mu of the provider.
func (k *compilation) abandon() {
	k.stopped = true
	k.stop(errUnwanted)
}

// runCompilation compiles the module. A panic of the compiler, or a CompileProcess that ends
// the goroutine, fails the attempt.
func (p *Provider) runCompilation(ctx context.Context, k *compilation) {
	defer k.stop(nil)
	defer func() {
		_ = recover() // not shown: it may quote the module
		p.mu.Lock()
		defer p.mu.Unlock()
		p.compiled, p.compilation = k.result, nil
		if k.linger != nil {
			k.linger.Stop()
			k.linger = nil
		}
		if k.final {
			p.refused = k.err
		}
		close(k.done)
	}()
	growStack()
	k.err = loadError(p.name, nil, "the compiler failed") // unless build returns
	k.result, k.err = p.build(ctx, k)
}

// endCompilation waits for the compilation that runs. No caller waits for it.
func (p *Provider) endCompilation() *compiled {
	p.mu.Lock()
	k := p.compilation
	p.mu.Unlock()
	if k != nil {
		k.stop(errUnwanted)
		<-k.done
	}
	c, _ := p.loaded()
	return c
}

// loaded returns the outcome of an earlier compilation, if there is one.
func (p *Provider) loaded() (*compiled, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.compiled, p.refused
}

// growStack gives the goroutine at once the stack that compiling needs. Otherwise it is
// moved several times on the way.
//
//go:noinline
func growStack() (sum byte) {
	var frame [24 << 10]byte
	for i := 0; i < len(frame); i += 4 << 10 {
		sum += frame[i]
	}
	return sum
}
