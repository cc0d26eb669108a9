package capability

import (
	"context"
	"hash/maphash"
	"time"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/secret"
)

// Call is the state of one guest call and the context that the call runs under:
// pass it to the guest's export as ctx, and the host functions find it there. It
// is a context itself because wrapping one would cost every call an allocation.
// One Call serves one instance, call after call, between Begin and End; like the
// instance, it is used by one goroutine at a time.
type Call struct {
	context.Context // of the caller; the background context between calls

	set        *Set
	open       bool // between Begin and End
	account    account
	exchange   exchange
	lines      lines
	levels     Levels // of the lines to hold
	denied     error  // the capability that was denied last, in the host's words
	refused    Refusal
	leftOut    int // entries of folders
	disclosed  disclosed
	states     []State
	emitted    Discloser // what the guest emitted, nil if that cannot hold a value
	remembered remembered
	remember   Disclosed // remembered.add
	scratch    []byte
}

// exchange is what the host and an export of the guest say to each other.
type exchange struct {
	op      secret.Op
	input   []byte
	sink    Sink
	failure []byte // the guest's text about its failure
}

// Refusal is why the host did not do what the guest asked for.
type Refusal struct {
	status abi.Status
	reason string // in the host's words

	crowded bool // what was refused would have fitted into an empty call
}

// Reason returns the reason if the host answered with that status, else "".
func (r Refusal) Reason(status abi.Status) string {
	if r.status != status {
		return ""
	}
	return r.reason
}

// maxScratch is the largest buffer, in bytes, that a Call keeps from one guest
// call to the next.
const maxScratch = 64 << 10

// callKey is the key of a Call among the values of a context.
type callKey struct{}

// NewCall returns the state for the calls of one instance.
func (s *Set) NewCall() *Call {
	c := &Call{Context: context.Background(), set: s}
	c.remember = c.remembered.add
	c.disclosed.seed, c.disclosed.have = maphash.MakeSeed(), map[uint64]struct{}{}
	for _, capability := range s.caps {
		if stateful, ok := capability.(Stateful); ok {
			c.states = append(c.states, stateful.NewState())
		}
	}
	return c
}

// Begin starts a call, whose fuel is that of ctx if it is a [Meter]. The input is the
// request; it stays the caller's and must not change before End. A nil sink is for an
// export that emits nothing. Begin ends a call that is still open, and drops its result.
func (c *Call) Begin(ctx context.Context, op secret.Op, input []byte, sink Sink) {
	c.End()
	c.Context, c.open, c.levels = ctx, true, allLevels
	c.account.meter, _ = ctx.(Meter)
	c.exchange.op, c.exchange.input, c.exchange.sink = op, input, sink
}

// LimitLog drops lines of this call whose level is not in l: nobody reads them. By
// default lines of all levels are held.
func (c *Call) LimitLog(l Levels) { c.levels = l }

// MaskEmitted has what d discloses at End masked in the text of this call: the
// values that the guest emitted, whether or not the call succeeds.
func (c *Call) MaskEmitted(d Discloser) { c.emitted = d }

// Value returns the Call itself for the key of this package, else the value of
// the context that the call began with.
func (c *Call) Value(key any) any {
	if key == (callKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// callOf returns the open call that ctx belongs to, or nil.
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

// Result is what a call leaves behind besides its records. Its texts are copies,
// in which everything is masked that the guest was given or emitted in the call.
type Result struct {
	GuestText string    // the guest's text about its failure, at most 512 bytes
	Tail      string    // the end of its standard error, else of its output, at most 2 KiB: what a crash prints
	Refused   Refusal   // what the host refused last, for the status that the guest returned
	Denied    error     // the capability that was denied last, an [*secret.Error] in the host's words, or nil
	LeftOut   int       // entries of folders that a listing left out
	Logs      []LogLine // for [Set.EmitLogs], once the call's values are registered
}

// DropText forgets what the guest wrote about its failure and the end of its output, for
// a call whose error shows neither, since masking them takes milliseconds.
func (c *Call) DropText() {
	c.Fail(nil)
	c.lines.dropTails()
}

// End ends the call, wipes what it held and returns its result. A second End
// returns the zero Result.
func (c *Call) End() Result {
	var r Result
	if len(c.exchange.failure) > 0 || !c.lines.empty() {
		r = c.text()
	}
	r.Denied, r.Refused, r.LeftOut = c.denied, c.refused, c.leftOut
	c.disclosed.wipe()
	for _, s := range c.states {
		s.End()
	}
	clear(c.exchange.failure)
	c.exchange.input, c.exchange.sink, c.exchange.failure = nil, nil, c.exchange.failure[:0]
	clear(c.scratch)
	c.scratch = c.scratch[:0]
	if cap(c.scratch) > maxScratch {
		c.scratch = nil
	}
	c.Context, c.open, c.denied, c.refused, c.emitted = context.Background(), false, nil, Refusal{}, nil
	c.leftOut = 0
	c.account = account{}
	return r
}

// text returns what the guest has said, masked.
func (c *Call) text() Result {
	r := Result{GuestText: string(c.exchange.failure), Tail: c.lines.end(), Logs: c.lines.take(c)}
	c.maskGuestText(&r)
	r.GuestText, r.Tail = cut(toText(r.GuestText), maxText), lastOf(toText(r.Tail), tailBytes) // masked as a whole before
	return r
}

// Input returns the request. It must not be changed.
func (c *Call) Input() []byte { return c.exchange.input }

// Emit gives a record to the host.
func (c *Call) Emit(record []byte) abi.Status {
	if c.exchange.sink == nil {
		return abi.Unsupported
	}
	return c.exchange.sink(record)
}

// Fail keeps a copy of the guest's text about its failure in place of an earlier
// one. Of the result, 512 bytes are shown. A text of more than 8 KiB is left out as a
// whole, because half of a value cannot be masked.
func (c *Call) Fail(text []byte) {
	clear(c.exchange.failure)
	if len(text) > lineBytes {
		text = []byte(leftOutText(len(text)))
	}
	c.exchange.failure = append(c.exchange.failure[:0], text...)
}

// Wait returns after d. If the call's context is over before, Wait ends the call.
func (c *Call) Wait(d time.Duration) {
	if d <= 0 {
		return
	}
	c.Charge(waitUnits)
	timer := time.NewTimer(d)
	defer timer.Stop()
	c.Outside(func() {
		select {
		case <-timer.C:
		case <-c.Done():
			panic(c.Err())
		}
	})
}

// Await puts a token into places, and waits while they are full. If the call is over before,
// or when it has waited, Await ends it, and leaves no token. Else the caller takes the token
// out again.
func (c *Call) Await(places chan struct{}) {
	select {
	case places <- struct{}{}:
		return
	default:
	}
	taken, goesOn := false, false
	defer func() {
		if taken && !goesOn {
			<-places
		}
	}()
	c.Outside(func() {
		select {
		case places <- struct{}{}:
			taken = true
		case <-c.Done():
			panic(c.Err())
		}
	})
	goesOn = true
}

// Outside runs f, which waits, without a processor. It panics, also after f, if the call is
// over: what f takes has to be given back then.
func (c *Call) Outside(f func()) {
	if p, ok := c.Context.(Processor); ok {
		p.Leave()
		defer p.Return()
	}
	f()
}

// Processor is a context of a call that has a processor, which it can give up.
type Processor interface {
	// Leave gives the processor up.
	Leave()
	// Return waits for a processor again. It panics if the call is over.
	Return()
}

// Scratch returns an empty buffer for an answer. Give the answer to [Call.Keep].
func (c *Call) Scratch() []byte { return c.scratch[:0] }

// Keep returns b, which was built in the scratch buffer, and wipes it when the
// call ends.
func (c *Call) Keep(b []byte) []byte {
	c.scratch = b
	return b
}

// Deny notes why a capability was denied, for the error of the call, and returns
// the status for the guest. The reason is in the host's words; what the guest
// asked for goes to the guest log only.
func (c *Call) Deny(reason, asked string) abi.Status {
	c.Charge(SystemUnits + Examined(len(asked)))
	c.Warn(reason + ": " + asked)
	return c.deny(reason)
}

// DenyQuietly is Deny for what a module may ask for although neither it nor the
// operator made a mistake: the line in the guest log has the level debug.
func (c *Call) DenyQuietly(reason, asked string) abi.Status {
	c.Charge(SystemUnits + Examined(len(asked)))
	c.Log(abi.LevelDebug, []byte(reason+": "+asked))
	return c.deny(reason)
}

func (c *Call) deny(reason string) abi.Status {
	c.denied = &secret.Error{Code: secret.ErrCapability, Op: c.exchange.op, Provider: c.set.opt.Provider, Detail: reason}
	return abi.Capability
}

// Refuse notes why the host returns a status to the guest, for the error of the
// key that the guest then answers with the same status. The reason is in the host's
// words.
func (c *Call) Refuse(status abi.Status, reason string) abi.Status {
	c.refused = Refusal{status: status, reason: reason}
	return status
}

// LeaveOut notes how many entries a listing of a folder has left out.
func (c *Call) LeaveOut(n int) { c.leftOut += n }

// Reason returns the reason of the last [Call.Refuse], once, if it was for that
// status.
func (c *Call) Reason(status abi.Status) string {
	if c == nil || c.refused.status != status {
		return ""
	}
	reason := c.refused.reason
	c.refused = Refusal{}
	return reason
}

// Broken returns an error that ends the call when a host function panics with it:
// something of the host failed, not the module.
func (c *Call) Broken(detail string) error {
	return &secret.Error{Code: secret.ErrInternal, Op: c.exchange.op, Provider: c.set.opt.Provider, Detail: detail}
}
