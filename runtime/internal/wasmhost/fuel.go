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

const (
	// slice is the fuel that a guest runs on between two looks at the clock:
	// about a millisecond of the longest stretches, far below any deadline.
	slice = 16 << 10
	// defaultFuel is the fuel of one call. It ends a guest whose deadline is
	// held back by a stopped clock.
	defaultFuel = 1 << 36
)

// errFuel ends a call that used up its fuel.
var errFuel = errors.New("the call's fuel is used up")

// stopped is what the tick panics with; the engine wraps it.
type stopped struct{ cause error }

func (s stopped) Error() string { return "stopped: " + s.cause.Error() }
func (s stopped) Unwrap() error { return s.cause }

// budget is the fuel of one call and the context that it ends with. One budget
// serves one instance, call after call.
type budget struct {
	context.Context
	deadline time.Time // zero for none
	left     int64     // fuel that was not handed out yet
	granted  int64     // fuel that was
}

type budgetKey struct{}

// Value returns the budget itself for its key.
func (b *budget) Value(key any) any {
	if key == (budgetKey{}) {
		return b
	}
	return b.Context.Value(key)
}

// begin starts a call with total fuel and returns the first slice.
func (b *budget) begin(ctx context.Context, total int64) int64 {
	b.Context, b.left, b.granted = ctx, total, 0
	b.deadline, _ = ctx.Deadline()
	return b.refill()
}

func (b *budget) refill() int64 {
	n := min(b.left, slice)
	b.left -= n
	b.granted += n
	return n
}

// tick is called by a guest whose fuel is below zero. It returns the fuel to go
// on with, or panics when the call is over.
func (b *budget) tick(fuel int64) int64 {
	// The context's own timer may wait for the processor that the guest has.
	if !b.deadline.IsZero() && !time.Now().Before(b.deadline) {
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
