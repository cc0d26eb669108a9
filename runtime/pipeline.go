package runtime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/audit/record"
	"github.com/postern-project/postern/runtime/internal/chain"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// request is one request in the pipeline: an operation and the keys that it
// concerns.
type request struct {
	client *Client
	op     secret.Op
	parts  []part
	single [1]part // room for a request of one key

	prefix string      // keys: what the listing is asked for
	listed []Key       // keys: its result
	event  SecretEvent // watch: the event to deliver
	writer *chain.Link // set, delete: where the write goes
	passed []string    // set, delete: providers that offer no such write
	each   bool        // delete: one of those of DeleteAll
	change *change     // set, delete: what is known of the change
	rest   bool        // delete: only check that a read would find nothing any more
	seen   []seen      // set: values that were read and are not released

	decided bool // set: the decision about the form of it was recorded

	listing listing // keys: which of the keys it is for

	ticket     uint64        // orders the requests by when they began
	start      time.Time     // for the decision log, zero without one
	masking    time.Duration // how long versions were masked
	entered    bool          // counted in Runtime.calls
	registered bool          // the values of the request are masked from now on
	logs       *wasmhost.Logs
}

// part is one key of a request. Once err is set, later stages skip the part.
type part struct {
	key    Key
	to     *route
	mask   redact.Mask // how logs show the value
	secret Secret      // get: the result; set: the value to store
	err    error
	log    *logged   // nil without a decision log
	wanted policy.Op // set: the only form of it that the policy allows, 0 for any
}

// listing is which keys of the providers a listing has.
type listing int

const (
	listUsable   listing = iota // what the caller may list and get
	listReadable                // what the caller may get
	listNames                   // what the caller may list
)

// requests holds requests for reuse, so that a Get does not allocate one.
var requests = sync.Pool{New: func() any { return new(request) }}

// newRequest returns a request for one key; the caller frees it.
func newRequest(c *Client, op secret.Op, key Key) *request {
	q := requests.Get().(*request)
	q.client, q.op, q.parts = c, op, q.single[:]
	q.parts[0].key = key
	return q
}

// free puts q back for reuse. It must not be used afterwards.
func (q *request) free() {
	*q = request{}
	requests.Put(q)
}

// run takes the request through all stages. Every verb reaches the providers
// through it and nothing else does. Results and errors are left in the parts.
func (q *request) run(ctx context.Context) {
	defer q.leave(ctx)
	q.check(ctx)
	q.authorize(ctx)
	q.intent(ctx)
	ctx = q.holdLogs(ctx)
	q.source(ctx)
	q.register(ctx)
	q.outcome(ctx)
	q.release()
}

// check rejects invalid requests, and all requests once the Runtime is closed.
func (q *request) check(ctx context.Context) {
	for i := range q.parts {
		p := &q.parts[i]
		if q.givenUp(ctx, i) {
			continue
		}
		if q.op == secret.OpKeys {
			p.err = checkPrefix(q.prefix)
		} else {
			p.err = checkKey(q.op, p.key)
		}
		if p.err == nil && q.op == secret.OpSet && p.secret.IsZero() {
			p.err = &secret.Error{Code: secret.ErrInvalidValue, Op: q.op, Key: p.key, Detail: "zero Secret has no value"}
		}
	}
	if !q.pending() {
		return
	}
	r := q.client.rt
	if q.ticket, q.entered = r.enter(); !q.entered {
		q.fail(secret.ErrClosed, "the runtime is closed")
		return
	}
	if r.decisions != nil {
		q.start = r.now()
	}
}

// givenUp reports whether the caller has given up since the first of several keys, which may
// be as many as a module lists. Then nobody hears what was decided about a key that comes
// later, or records it.
func (q *request) givenUp(ctx context.Context, i int) bool {
	if i == 0 {
		return false
	}
	err := ctx.Err()
	if err != nil {
		q.parts[i].err = q.keyed(err, q.parts[i].key)
	}
	return err != nil
}

// authorize asks the policy about every key and determines its route.
func (q *request) authorize(ctx context.Context) {
	for i := range q.parts {
		p := &q.parts[i]
		switch {
		case p.err != nil, q.givenUp(ctx, i):
		case q.op == secret.OpKeys:
			q.client.authorizeListing(q.listing, p, q.prefix)
		default:
			q.client.authorize(q.op, p)
		}
	}
}

// op is the operation whose routes a listing takes.
func (l listing) op() secret.Op {
	if l == listReadable {
		return secret.OpGet
	}
	return secret.OpKeys
}

// intent records the decisions. A request whose record cannot be written is
// denied.
func (q *request) intent(ctx context.Context) {
	for i := range q.parts {
		p := &q.parts[i]
		if p.log == nil {
			continue
		}
		if q.givenUp(ctx, i) {
			p.log = nil
			continue
		}
		begin := p.log.begin
		if p.err == nil && p.wanted != 0 {
			begin = p.log.beginPending
		}
		denied := p.err != nil || p.to == nil // which has no outcome
		q.record(ctx, p, begin)
		if denied {
			p.log = nil
		}
	}
}

// record writes a line of the part before what it is about is done, which is not done
// if the line cannot be written, or if the context had ended before.
func (q *request) record(ctx context.Context, p *part, write func(context.Context) error) {
	ended := ctx.Err()
	if err := write(ctx); ended != nil && (err == nil || errors.Is(err, ended)) {
		p.err = cmp.Or(p.err, q.keyed(ended, p.key)) // the log was not the reason
	} else if err != nil {
		p.err = unrecorded(q.op, p.key, err)
	}
}

// source asks the providers. It is the only stage that reaches one.
func (q *request) source(ctx context.Context) {
	if !q.pending() {
		return
	}
	switch q.op {
	case secret.OpGet:
		q.read(ctx)
	case secret.OpSet, secret.OpDelete:
		q.write(ctx)
	case secret.OpKeys:
		q.list(ctx)
	case secret.OpWatch:
		q.observe()
	}
}

// register has the values of the request masked before they are released. Only
// after it may the log lines of modules be written.
func (q *request) register(ctx context.Context) {
	r := q.client.rt
	var masking maskingTime // which counts as time of the request
	defer masking.end()
	for i := range q.parts {
		p := &q.parts[i]
		switch q.op {
		case secret.OpGet:
			if p.err == nil {
				at := place{p.secret.Provider(), p.key}
				p.secret, p.err = r.released.admit(masking.of(ctx, r.released, at.provider), at, p.secret, p.mask, q.ticket, r.tickets.Load())
				p.err = q.keyed(p.err, p.key)
			}
		case secret.OpSet, secret.OpDelete:
			q.change.settle(q.ticket, r.tickets.Load())
		case secret.OpWatch:
			q.event.Version, q.event.Prev = r.released.maskText(ctx, q.event.Version), r.released.maskText(ctx, q.event.Prev)
		}
	}
	for _, v := range q.seen {
		r.released.maskBriefly(masking.of(ctx, r.released, v.secret.Provider()), v)
	}
	if q.logs != nil {
		q.logs.Mask(ctx, r.released.within, r.released.registry)
	}
	q.registered = true
}

// outcome records the results. With a required log, a result whose record cannot
// be written is not released.
func (q *request) outcome(ctx context.Context) {
	for i := range q.parts {
		p := &q.parts[i]
		if p.log == nil {
			continue
		}
		ended := ctx.Err()
		if err := p.log.end(ctx, q.result(ctx, p)); err != nil && p.err == nil {
			p.secret, p.err, q.listed = Secret{}, unrecorded(q.op, p.key, err), nil
			if ended != nil && errors.Is(err, ended) {
				p.err = q.keyed(ended, p.key) // the log was not the reason
			}
			if q.change != nil && q.change.effected {
				detail := "the write took effect, but that could not be recorded"
				if now := ctx.Err(); now != nil && errors.Is(err, now) {
					detail = "the write took effect, but the caller's context ended before the log had confirmed the record of it"
				}
				p.err = (&secret.Error{
					Code: secret.ErrOutcomeUnknown, Op: q.op, Key: p.key, Provider: q.change.at.provider, Detail: detail,
				}).Wrap(p.err)
			}
		}
	}
}

// result is what the decision log says of a part that has ended.
func (q *request) result(ctx context.Context, p *part) record.Outcome {
	r := q.client.rt
	now := r.now()
	o := record.Outcome{Time: now, Result: record.OK, Micros: max(0, now.Sub(q.start)).Microseconds(), Keys: len(q.listed)}
	var e *secret.Error
	switch {
	case p.err == nil && q.change == nil && r.sealed.Load(): // release will refuse it
		o.Result = string(secret.ErrClosed)
	case p.err != nil:
		o.Result = string(secret.CodeOf(p.err))
		if errors.As(p.err, &e) {
			o.Provider = e.Provider
		}
	case q.change != nil:
		o.Provider = q.change.at.provider
	case q.rest:
		o.Result = record.Checked
	case q.op == secret.OpWatch:
		o.Provider, o.Version = q.event.Provider, q.event.Version
	case q.op == secret.OpKeys:
		o.Provider = strings.Join(p.to.names, ",")
	default:
		o.Provider, o.Version = p.secret.Provider(), q.version(ctx, p.secret.Version())
	}
	return o
}

// version returns the version of a value with all values masked, for the decision log. A
// module says what it is, and one request may have thousands: those for which the time of
// a call is not enough, or that are left when the caller gave up, are left out.
func (q *request) version(ctx context.Context, text string) string {
	if text == "" {
		return ""
	}
	if len(q.parts) > 1 && (q.masking >= q.client.rt.writes.within || ctx.Err() != nil) {
		return leftOut
	}
	begun := time.Now()
	text = q.client.rt.released.maskText(ctx, text)
	q.masking += time.Since(begun)
	return text
}

// release lets the caller have the result, unless the Runtime was closed in the
// meantime, and publishes the event of a write.
func (q *request) release() {
	if q.change.published() {
		q.client.rt.hub.Publish(q.change.event)
		return // the write took effect, whatever happened since
	}
	if q.client.rt.sealed.Load() {
		q.fail(secret.ErrClosed, "the runtime was closed")
	}
	for i := range q.parts {
		if p := &q.parts[i]; p.err != nil {
			p.secret = Secret{}
			q.listed = nil
		}
	}
}

// leave ends the request. It writes the log lines of modules last, when the
// request no longer counts as under way: a log handler may call any method of the
// Runtime, including Close.
func (q *request) leave(ctx context.Context) {
	q.change.unlock()
	if q.entered {
		q.client.rt.leave()
	}
	if q.logs != nil && q.registered {
		q.logs.Flush(ctx)
	}
	q.client.rt.warnUnlocked(ctx)
}

func (q *request) holdLogs(ctx context.Context) context.Context {
	if q.pending() {
		ctx, q.logs = wasmhost.HoldLogs(ctx)
	}
	return ctx
}

// keyed adds operation and key to an error that has none, and says so when the
// reason is that the Runtime was closed; but not of a write that may have taken effect.
func (q *request) keyed(err error, key Key) error {
	if err == nil {
		return nil
	}
	if q.client.rt.sealed.Load() && (q.change == nil || !q.change.unknown) {
		return &secret.Error{Code: secret.ErrClosed, Op: q.op, Key: key, Detail: "the runtime was closed"}
	}
	var e *secret.Error
	if !errors.As(err, &e) {
		return (&secret.Error{Code: secret.CodeOf(err), Op: q.op, Key: key}).Wrap(err)
	}
	one := *e
	one.Op, one.Key = q.op, key
	return &one
}

// pending reports whether any part is still without an error.
func (q *request) pending() bool {
	for i := range q.parts {
		if q.parts[i].err == nil {
			return true
		}
	}
	return false
}

// fail ends all parts that have no error yet.
func (q *request) fail(code secret.Code, detail string) {
	for i := range q.parts {
		if p := &q.parts[i]; p.err == nil {
			p.err = &secret.Error{Code: code, Op: q.op, Key: p.key, Detail: detail}
		}
	}
}

func checkKey(op secret.Op, key Key) error {
	err := key.Check()
	if err == nil {
		return nil
	}
	var e *secret.Error
	if errors.As(err, &e) {
		e.Op = op // Check made the error for this call
	}
	return err
}

// checkPrefix refuses a prefix that no key can begin with, so that a typing
// error is not answered with an empty list.
func checkPrefix(prefix string) error {
	if prefix == "" || secret.Key(prefix).Check() == nil || secret.Key(prefix+"x").Check() == nil {
		return nil
	}
	return &secret.Error{
		Code: secret.ErrInvalidKey, Op: secret.OpKeys,
		Detail: fmt.Sprintf("no key begins with %q", prefix[:min(len(prefix), 64)]),
	}
}

func unrecorded(op secret.Op, key Key, err error) error {
	return (&secret.Error{
		Code: secret.ErrAuditUnavailable, Op: op, Key: key, Detail: "the decision could not be recorded",
	}).Wrap(plainReason(err))
}

// errNotDelivered marks an event that is not for the caller.
var errNotDelivered = &secret.Error{Code: secret.ErrDenied, Op: secret.OpWatch, Detail: "the caller is not routed to this provider"}

// change is a write under way: its effect on what is masked, and the event that
// it leads to. The methods of a nil change do nothing.
type change struct {
	released *released
	at       place
	claim    *claim // set: the new value, masked before the provider sees it
	event    SecretEvent
	effected bool   // the provider said that the write took effect
	unknown  bool   // it failed, and may have taken effect
	release  func() // lets the next write of the place begin
}

// published reports whether watchers hear of the change: events only tell watchers to
// read again.
func (c *change) published() bool { return c != nil && (c.effected || c.unknown) }

// settle ends what the write did to masking: a write that failed changes
// nothing, and its value is masked for the grace. began and now are tickets: of
// the write, and the newest one.
func (c *change) settle(began, now uint64) {
	switch {
	case c == nil:
	case c.claim != nil:
		c.released.settle(c.at, c.claim, c.effected, began, now)
	case c.effected:
		c.released.places.forget(c.at, began)
	}
}

func (c *change) unlock() {
	if c != nil {
		c.release()
	}
}
