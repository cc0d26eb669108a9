package capability

import (
	"context"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/secret"
)

// Sink takes one record that the guest emits. The record is a view of guest
// memory: the sink copies what it keeps. A status other than ok is returned,
// negated, to the guest.
type Sink func(record []byte) abi.Status

// Call is the state of one guest call and the context that the call runs under:
// pass it to the guest's export as ctx, and the host functions find it there.
// One Call serves one instance, call after call, between Begin and End; like
// the instance it is for one goroutine at a time.
type Call struct {
	context.Context // the background outside of a call
	set             *Set
	open            bool // between Begin and End
	op              secret.Op
	input           []byte
	sink            Sink

	fail    []byte // what the guest said of its failure
	fault   error  // the last capability that was refused, in the host's words
	lines   lines
	environ []string // one copy of the environment for the whole call
	scratch []byte
	disk    disk
	handed  handed
}

// keptScratch is the largest buffer in bytes that a Call keeps from one guest
// call to the next.
const keptScratch = 64 << 10

// callKey is the key under which a context knows its Call.
type callKey struct{}

// NewCall returns the state for the calls of one instance.
func (s *Set) NewCall() *Call { return &Call{Context: context.Background(), set: s} }

// Begin starts a call. Input is the request and stays the caller's: it must not
// change before End. A nil sink stands for an export that emits nothing. A call
// that was not ended is ended here, and its result lost.
func (c *Call) Begin(ctx context.Context, op secret.Op, input []byte, sink Sink) {
	c.End()
	c.Context, c.open, c.op, c.input, c.sink = ctx, true, op, input, sink
}

// Value returns the Call itself for the key of this package, else the value of
// the context that the call began with.
func (c *Call) Value(key any) any {
	if key == (callKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// callOf returns the call that ctx belongs to, or nil.
func callOf(ctx context.Context) *Call {
	c, ok := ctx.(*Call)
	if !ok {
		c, _ = ctx.Value(callKey{}).(*Call)
	}
	if c == nil || !c.open {
		return nil
	}
	return c
}

// Result is what a call leaves behind besides its records.
type Result struct {
	GuestText string    // what the guest said through fail, at most 512 bytes
	Tail      string    // the end of what it wrote to stdout and stderr, at most 2 KiB: what a crash prints
	Fault     error     // the capability that was refused last, an [*secret.Error] in the host's words, or nil
	Logs      []LogLine // for [Set.EmitLogs], once the call's values are registered
}

// End ends the call, wipes what it held and returns what is left of it. The
// texts in the result are copies. Ending twice returns the zero Result.
func (c *Call) End() Result {
	r := Result{
		GuestText: toText(c.fail),
		Tail:      c.lines.tailText(),
		Fault:     c.fault,
		Logs:      c.lines.take(c),
	}
	c.maskWords(&r)
	c.handed.wipe()
	c.disk.wipe()
	clear(c.fail)
	clear(c.scratch)
	c.fail, c.scratch = c.fail[:0], c.scratch[:0]
	if cap(c.scratch) > keptScratch {
		c.scratch = nil
	}
	c.Context, c.open, c.input, c.sink = context.Background(), false, nil, nil
	c.environ, c.fault = nil, nil
	return r
}

// live ends a call whose context is over.
func (c *Call) live() {
	if err := c.Err(); err != nil {
		panic(err)
	}
}

// refuse notes why a capability was refused, for the host's error. The reason is
// the host's; what the guest asked for goes to the guest log only.
func (c *Call) refuse(reason, asked string) abi.Status {
	c.warn(reason + ": " + asked)
	return c.deny(reason)
}

// withhold is refuse for what a module may well ask for without a fault of its
// own or of the operator: the line is for who looks closely.
func (c *Call) withhold(reason, asked string) abi.Status {
	c.lines.add(c, abi.LevelDebug, []byte(reason+": "+asked))
	return c.deny(reason)
}

func (c *Call) deny(reason string) abi.Status {
	c.fault = &secret.Error{Code: secret.ErrCapability, Op: c.op, Provider: c.set.opt.Provider, Detail: reason}
	return abi.Capability
}

// warn adds a line of the host's to the guest log of this call.
func (c *Call) warn(text string) { c.lines.add(c, abi.LevelWarn, []byte(text)) }
