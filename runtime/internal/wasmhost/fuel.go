package wasmhost

import (
	"context"
	"errors"
	goruntime "runtime"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/wasmbin"
)

// slice is the fuel that a guest gets at a time. It lasts about a millisecond in the
// slowest code that is not waiting for memory, and then tick looks at the clock.
const slice = 16 << 10

// errFuel ends a call that has used up its fuel.
var errFuel = errors.New("the call's fuel is used up")

// stopped is what tick panics with; the engine wraps it.
type stopped struct{ cause error }

func (s stopped) Error() string { return "stopped: " + s.cause.Error() }
func (s stopped) Unwrap() error { return s.cause }

// wasInterrupted reports whether err is of a call that ended because its time was over or
// its caller gave up: such an error shows no text of the guest.
func wasInterrupted(err error) bool {
	if err == nil {
		return false
	}
	var s stopped
	return errors.As(err, &s) && !errors.Is(s.cause, errFuel)
}

// budget is the fuel and the time of one call. It is also the context that the call
// runs under, because wrapping one would cost every call an allocation. One budget
// serves one instance, call after call.
type budget struct {
	parent   context.Context
	deadline time.Time
	left     int64             // fuel that the guest has not got yet
	fuel     api.MutableGlobal // of the guest; nil until it is instantiated
	seat     seat

	// A timer is made only for a host function that waits. Most calls have none,
	// and the timer would cost more than the rest of the call.
	timed  context.Context
	cancel context.CancelFunc
}

var (
	_ context.Context  = (*budget)(nil)
	_ capability.Meter = (*budget)(nil)
)

type budgetKey struct{}

// begin starts a call with that much fuel, which ends at the deadline or at that of
// ctx, whichever is earlier. It returns the first slice of the fuel. The caller
// calls end.
func (b *budget) begin(ctx context.Context, fuel int64, deadline time.Time) int64 {
	b.parent, b.left, b.deadline = ctx, fuel, deadline
	if d, ok := ctx.Deadline(); ok && d.Before(b.deadline) {
		b.deadline = d
	}
	return b.refill()
}

// end stops the timer and drops the contexts of the call.
func (b *budget) end() {
	if b.cancel != nil {
		b.cancel()
	}
	b.parent, b.timed, b.cancel, b.seat.since = nil, nil, nil, time.Time{}
}

// Deadline returns the end of the call.
func (b *budget) Deadline() (time.Time, bool) { return b.deadline, true }

// Done returns a channel that is closed when the call is over.
func (b *budget) Done() <-chan struct{} {
	if b.timed == nil {
		b.timed, b.cancel = context.WithDeadline(b.parent, b.deadline)
	}
	return b.timed.Done()
}

// Err returns why the call is over, or nil. It does not read the clock: tick does,
// which no guest can avoid, and so does the timer of Done.
func (b *budget) Err() error {
	if b.timed != nil {
		return b.timed.Err()
	}
	return b.parent.Err()
}

// Value returns the budget itself for its key, and what the runtime keeps for its calls.
// The engine finds nothing of the caller: it takes listeners of sockets, imports and more
// from a context, which an embedder may have put there for another engine.
func (b *budget) Value(key any) any {
	switch {
	case key == budgetKey{}:
		return b
	case capability.IsMark(key):
		return b.parent.Value(key)
	}
	return nil
}

func (b *budget) refill() int64 {
	n := min(b.left, b.seat.slice())
	b.left -= n
	return n
}

// tick is called by a guest whose fuel is below zero. It returns the new fuel, or
// panics if the call is over. What cost more than a slice is paid by several ticks.
func (b *budget) tick(fuel int64) int64 {
	b.seat.used(time.Now())
	b.Look()
	if b.left <= 0 {
		panic(stopped{errFuel})
	}
	b.yield()
	return fuel + b.refill()
}

// yield lets others run: guests of the same provider and of others, and, since guest
// code cannot be preempted, other goroutines and the garbage collector.
func (b *budget) yield() {
	if err := b.seat.yield(b.parent, b.deadline); err != nil {
		panic(stopped{err})
	}
	goruntime.Gosched()
	b.seat.since = time.Now()
}

// Leave gives up the processor while a host function waits.
func (b *budget) Leave() { b.seat.leave() }

// Return gets a processor again after Leave. It panics if the call is over.
func (b *budget) Return() {
	if err := b.seat.enter(b.parent, b.deadline); err != nil {
		panic(stopped{err})
	}
}

// Look ends the call if its time or its context is over.
func (b *budget) Look() {
	// Read the clock: a timer could not fire while the guest holds the processor.
	if time.Until(b.deadline) <= 0 {
		panic(stopped{context.DeadlineExceeded})
	}
	if err := b.Err(); err != nil {
		panic(stopped{err})
	}
}

// Spend takes the units of a host function from the slice that the guest has. What
// the guest and its host functions do is one account: a slice lasts as long whichever
// of them uses it.
func (b *budget) Spend(units int64) {
	fuel := -units
	if b.fuel != nil {
		fuel += int64(b.fuel.Get())
	}
	if fuel < 0 {
		b.Look()
		if b.left < units {
			panic(stopped{errFuel})
		}
		b.left -= units // all of them, however many slices that are
		fuel += units + b.refill()
		b.seat.used(time.Now())
		b.yield()
	}
	if b.fuel == nil { // in a start function
		b.left += fuel
		return
	}
	b.fuel.Set(uint64(fuel))
}

// linkTick adds the host module with the tick, which a metered guest imports.
func linkTick(ctx context.Context, r wazero.Runtime) error {
	tick := func(ctx context.Context, _ api.Module, stack []uint64) {
		b := ctx.Value(budgetKey{}).(*budget)
		stack[0] = uint64(b.tick(int64(stack[0])))
	}
	i64 := []api.ValueType{api.ValueTypeI64}
	_, err := r.NewHostModuleBuilder(wasmbin.TickModule).NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(tick), i64, i64).Export(wasmbin.TickName).Instantiate(ctx)
	return err
}
