package wasmhost

import (
	"context"
	"errors"
	goruntime "runtime"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
)

// slice is the fuel that a guest runs on between two looks at the clock: about a
// millisecond of the longest stretches, far below any deadline.
const slice = 16 << 10

// errFuel ends a call that used up its fuel.
var errFuel = errors.New("the call's fuel is used up")

// stopped is what the tick panics with; the engine wraps it.
type stopped struct{ cause error }

func (s stopped) Error() string { return "stopped: " + s.cause.Error() }
func (s stopped) Unwrap() error { return s.cause }

// budget is the fuel and the time of one call, and the context that the call
// runs under. One budget serves one instance, call after call.
type budget struct {
	parent   context.Context
	deadline time.Time
	left     int64 // fuel that was not handed out yet

	// A timer is made only for a host function that waits: most calls never do,
	// and it costs more than they.
	timed  context.Context
	cancel context.CancelFunc
}

var _ context.Context = (*budget)(nil)

type budgetKey struct{}

// begin starts a call that may use fuel units and ends at the deadline, or at
// that of ctx when it is earlier, and returns the first slice of the fuel. The
// caller calls end.
func (b *budget) begin(ctx context.Context, fuel int64, deadline time.Time) int64 {
	b.parent, b.left, b.deadline = ctx, fuel, deadline
	if d, ok := ctx.Deadline(); ok && d.Before(b.deadline) {
		b.deadline = d
	}
	return b.refill()
}

// end gives back what the call held.
func (b *budget) end() {
	if b.cancel != nil {
		b.cancel()
	}
	b.parent, b.timed, b.cancel = nil, nil, nil
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

// Err says why the call is over. The clock is read by the tick, which no guest
// can avoid, and by the timer of Done.
func (b *budget) Err() error {
	if b.timed != nil {
		return b.timed.Err()
	}
	return b.parent.Err()
}

// Value returns the budget itself for its key.
func (b *budget) Value(key any) any {
	if key == (budgetKey{}) {
		return b
	}
	return b.parent.Value(key)
}

func (b *budget) refill() int64 {
	n := min(b.left, slice)
	b.left -= n
	return n
}

// tick is called by a guest whose fuel is below zero. It returns the fuel to go
// on with, or panics when the call is over.
func (b *budget) tick(fuel int64) int64 {
	// A timer might wait for the very processor that the guest has.
	if !time.Now().Before(b.deadline) {
		panic(stopped{context.DeadlineExceeded})
	}
	if err := b.Err(); err != nil {
		panic(stopped{err})
	}
	if b.left <= 0 {
		panic(stopped{errFuel})
	}
	// Guest code cannot be preempted: here others, and the collector, get in.
	goruntime.Gosched()
	return fuel + b.refill()
}

// linkTick offers the tick to a metered guest.
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
