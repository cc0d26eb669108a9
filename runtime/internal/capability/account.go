package capability

import (
	"fmt"
	goruntime "runtime"
	"strings"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/secret"
)

// Meter counts the fuel of a call and watches its deadline. It is the context that the call
// begins with, if that implements Meter. Without one, host functions cost nothing, and
// only the context ends the call.
type Meter interface {
	// Spend takes units of fuel. At least once per slice of fuel it checks the clock and
	// the context, ends the call by a panic if its time is over, and yields to other
	// goroutines. The caller must not hold a lock.
	Spend(units int64)

	// Look ends the call by a panic if its time or its context is over.
	Look()
}

// What host functions cost in units of fuel, of which a microsecond of work costs at
// least 16. SPEC.md lists the charges.
const (
	callUnits   = 2   // entering a host function
	copyBytes   = 256 // bytes that are copied for one unit
	textBytes   = 64  // bytes that are read one by one for one unit
	sortUnits   = 3   // one comparison
	waitUnits   = 64  // a timer
	FieldUnits  = 1   // one field of a record
	EntryUnits  = 3   // one entry that is looked at in memory, such as a variable
	SystemUnits = 32  // one call of the operating system
)

const (
	settleAt = 1 << 10   // units that a call owes at most before it pays
	piece    = 256 << 10 // bytes that are copied between two looks at the call
)

// account is what a call has used.
type account struct {
	meter Meter
	owed  int64 // units that are not paid
	held  int64 // bytes that the host keeps for the call
}

// Charge takes units from the fuel of the call, and ends the call if it is over. Call
// it before the work, and in every loop of it, without a lock: other goroutines may run
// meanwhile.
func (c *Call) Charge(units int64) {
	if c == nil {
		return // while a provider is opened
	}
	if c.account.owed += units; c.account.owed >= settleAt {
		c.pay()
	}
}

func (c *Call) pay() {
	units := c.account.owed
	c.account.owed = 0
	if c.account.meter == nil {
		c.endIfCanceled()
		return
	}
	c.account.meter.Spend(units)
}

// EndIfDone ends the guest call, by a panic, if its context or its time is over. What
// waits for the system calls it before.
func (c *Call) EndIfDone() {
	if c.account.meter != nil {
		c.account.meter.Look()
		return
	}
	c.endIfCanceled()
}

// endIfCanceled ends the guest call if its context is over. It does not read the clock.
func (c *Call) endIfCanceled() {
	if err := c.Err(); err != nil {
		panic(err)
	}
}

// Copied returns the charge for n bytes that are copied.
func Copied(n int) int64 { return int64(n / copyBytes) }

// Examined returns the charge for n bytes that are read one by one.
func Examined(n int) int64 { return int64(n / textBytes) }

// Copy copies src to dst, which is as long, in pieces that are charged one by one.
func (c *Call) Copy(dst, src []byte) { copyCharged(c, dst, src) }

// CopyString is Copy for a string.
func (c *Call) CopyString(dst []byte, src string) { copyCharged(c, dst, src) }

func copyCharged[T []byte | string](c *Call, dst []byte, src T) {
	for len(src) > piece {
		c.Charge(Copied(piece))
		copy(dst, src[:piece])
		dst, src = dst[piece:], src[piece:]
	}
	c.Charge(Copied(len(src)))
	copy(dst, src)
}

// Wipe clears b, and lets other goroutines run meanwhile.
func Wipe(b []byte) {
	for ; len(b) > piece; b = b[piece:] {
		clear(b[:piece])
		goruntime.Gosched()
	}
	clear(b)
}

// Compare is strings.Compare for sorting. It charges each comparison.
func (c *Call) Compare(a, b string) int {
	c.Charge(sortUnits)
	return strings.Compare(a, b)
}

// memoryError is the cause of an error for what does not fit into the memory of a call.
type memoryError struct{}

func (memoryError) Error() string { return "the memory of the call is used up" }

// ErrMemory is the cause of the error of a call for which the host would have to keep
// more than [Options].MaxCall.
var ErrMemory error = memoryError{}

// Hold counts n bytes that the host keeps until the end of the call. If that is more
// than the call may have, it ends the call with too_large.
func (c *Call) Hold(n int) {
	if !c.hold(n) {
		panic((&secret.Error{Code: secret.ErrTooLarge, Op: c.exchange.op, Provider: c.set.opt.Provider, Detail: c.set.opt.memoryReason()}).Wrap(ErrMemory))
	}
}

// TryHold is Hold for what can be left out. If it does not fit, TryHold reports false,
// and the reason is that of the status too_large.
func (c *Call) TryHold(n int) bool {
	if c.hold(n) {
		return true
	}
	c.refused = Refusal{status: abi.TooLarge, reason: c.set.opt.memoryReason(), crowded: true}
	return false
}

// Crowded reports whether the last refusal was one of [Call.TryHold].
func (c *Call) Crowded() bool { return c.refused.crowded }

func (c *Call) hold(n int) bool {
	if int64(n) > c.set.opt.MaxCall-c.account.held {
		return false
	}
	c.account.held += int64(n)
	return true
}

// Release gives back n bytes that are not kept any longer.
func (c *Call) Release(n int) { c.account.held -= int64(n) }

// Held returns how many bytes the host keeps for the call.
func (c *Call) Held() int64 { return c.account.held }

func (o *Options) memoryReason() string {
	return fmt.Sprintf("the host would have to keep more than %d bytes for one call, limits.call_memory", o.MaxCall)
}

// pays takes units from the fuel of the call. It reports false if the call is over.
func (c *Call) pays(units int64) (paid bool) {
	defer func() {
		if !paid {
			_ = recover()
		}
	}()
	c.EndIfDone()
	c.Charge(units)
	return true
}
