package runtime

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
	"weak"

	"github.com/postern-project/postern/runtime/internal/budget"
	"github.com/postern-project/postern/runtime/internal/gosource"
	"github.com/postern-project/postern/runtime/internal/slab"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// released keeps every value masked that can still be exposed. A value is held by
// each Secret that was returned for it, until the Secret is unreachable or the
// Runtime closes, and by the Runtime itself while it is the value that a provider
// last returned for a key. When the last holder lets go, the registry masks the
// value for its grace and then forgets it.
type released struct {
	registry *redact.Registry
	made     bool // by the runtime: nobody else has said when its values end
	owner    slab.Owner
	now      func() time.Time // the clock of the embedder
	within   time.Duration    // how long a request waits for the search for what others have read
	places   places

	unprepared atomic.Int64 // bytes that masking the values of modules takes that came since the last Prepare
}

func newReleased(registry *redact.Registry, owner slab.Owner, o redact.Options) *released {
	r := &released{registry: registry, owner: owner, now: o.Now}
	if registry == nil {
		r.registry, r.made = redact.New(o), true
	}
	return r
}

// admit registers a value of the runtime's memory before it is released, to be
// masked as m says, and returns the Secret to release: an equal value that is
// held already is shared, and v is freed. began and now are tickets: of the request that read
// the value, and the newest one. No lock is held while the registry is called, which
// asks the clock of the embedder.
func (r *released) admit(ctx context.Context, at place, v secret.Secret, m redact.Mask, began, now uint64) (secret.Secret, error) {
	p := r.places.place(at)
	if h, ok := p.share(v, m, began, now); ok {
		return r.shared(p, at, h, v)
	}
	paid, err := r.spend(ctx, p, at, v)
	if err != nil {
		secret.CellOf(v).FreeUnshared()
		return secret.Secret{}, err
	}
	if secret.CellOf(v).Shared() { // it was known: a mask ends with the cell, so that each mask has its own
		own, err := gosource.Copy(v, r.owner, v.Meta())
		if err != nil {
			return secret.Secret{}, err
		}
		v = own
	}
	hold, err := r.hold(at.key, v, m, paid.built)
	if err != nil {
		return secret.Secret{}, err
	}
	r.prepare(ctx, paid)
	if h, ok := p.shareOrAdd(held{v, m, hold, now, paid.cost}, began); ok { // a request was faster
		out, err := r.shared(p, at, h, v)
		secret.CellOf(v).Free()
		if paid.budget != nil {
			paid.budget.Refund(paid.bytes) // that one has paid for the value
		}
		return out, err
	}
	if paid.budget != nil {
		r.places.spent(at, p)
	}
	return v, nil
}

// maskingTime is what the masking of a request's values may still take, for each provider
// with such a limit. The time of one provider is not that of another. The zero value is
// ready for use, by one goroutine.
type maskingTime struct {
	left     map[string]time.Duration
	provider string // whose time runs
	begun    time.Time
	ctx      context.Context
	cancel   context.CancelFunc // nil if no time runs
}

// of returns the context in which the request masks a value of a provider. The values of
// one provider that follow each other have the same.
func (m *maskingTime) of(ctx context.Context, r *released, provider string) context.Context {
	if m.cancel != nil && m.provider == provider {
		return m.ctx
	}
	m.end()
	within := r.places.of(provider).within
	if within <= 0 {
		return ctx
	}
	left, ok := m.left[provider]
	if !ok {
		left = within
	}
	late := &secret.Error{
		Code: secret.ErrTimeout, Provider: provider,
		Detail: fmt.Sprintf("to mask what the provider has returned took longer than %v, limits.call", within),
	}
	m.provider, m.begun = provider, time.Now()
	m.ctx, m.cancel = context.WithTimeoutCause(ctx, left, late.Wrap(context.DeadlineExceeded))
	if m.left == nil {
		m.left = map[string]time.Duration{}
	}
	m.left[provider] = left
	return m.ctx
}

// end stops the time that runs.
func (m *maskingTime) end() {
	if m.cancel != nil {
		m.cancel()
		m.left[m.provider] -= time.Since(m.begun)
		m.cancel = nil
	}
}

// payment is what the provider of a value has paid for its masking.
type payment struct {
	budget *budget.Budget // nil for a provider without one
	bytes  int64          // what was spent of it
	cost   int64          // bytes of the value in its place
	search int64          // ... and of the search for it, if that is left to a search or to prepare
	built  *redact.Built  // the search, if it takes long
}

// spend has the provider of a value pay for its masking, if it has a budget and the
// value is not masked already. The search for a large value is built here, in the time of
// its request and while nobody waits for it; if ctx ends meanwhile, the value is not
// released and takes nothing. One is built at a time for each provider.
func (r *released) spend(ctx context.Context, p *placed, at place, v secret.Secret) (payment, error) {
	of := r.places.of(at.provider)
	if of.budget == nil {
		return payment{}, nil
	}
	if ctx.Err() != nil {
		return payment{}, context.Cause(ctx)
	}
	mask, known, err := r.registry.Cost(v)
	if err != nil {
		return payment{}, err
	}
	now := r.now() // of the embedder, so before anything is held that another request waits for
	if !known && mask >= prepareAt {
		select {
		case of.building <- struct{}{}:
			defer func() { <-of.building }()
		case <-ctx.Done():
			return payment{}, context.Cause(ctx)
		}
		if known, err = r.registry.Known(v); err != nil { // another request may have built it
			return payment{}, err
		}
	}
	size := 0 // of the copy that the place holds
	if err := v.Expose(func(b []byte) error { size = len(b); return nil }); err != nil {
		return payment{}, err
	}
	paid, bytes := payment{budget: of.budget, cost: int64(mask + size), search: int64(mask)}, int64(mask+size)
	if known {
		paid.search, bytes = 0, int64(size)
		if p.holds(v) { // under another mask, or for another request
			bytes = 0
		}
	}
	paid.bytes = bytes
	if bytes > 0 && !of.budget.Spend(bytes, now) {
		return payment{}, &secret.Error{
			Code: secret.ErrTooLarge, Key: at.key, Provider: at.provider,
			Detail: fmt.Sprintf("to mask what the provider has returned in %v would take more than %d bytes, limits.mask_memory", redact.DefaultGrace, of.budget.Most()),
		}
	}
	if paid.search >= prepareAt {
		if paid.built, err = r.build(ctx, v, mask); err != nil {
			of.budget.Refund(bytes)
			return payment{}, err
		}
		paid.search = 0
	}
	return paid, nil
}

// build builds the search for a value, which takes about so many bytes. Its end, in which all
// texts are sorted and counted, begins only if there is time for it: else it would be for nothing.
func (r *released) build(ctx context.Context, v secret.Secret, bytes int) (*redact.Built, error) {
	until, limited := ctx.Deadline()
	if !limited {
		return r.registry.Build(ctx, v)
	}
	begun, cancel := context.WithDeadline(ctx, until.Add(-time.Duration(bytes)*endOfBuild))
	defer cancel()
	built, err := r.registry.Build(begun, v)
	switch {
	case err == nil || begun.Err() == nil:
		return built, err
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	return nil, (&secret.Error{
		Code: secret.ErrTimeout, Provider: v.Provider(),
		Detail: "to mask what the provider has returned takes longer than is left of limits.call",
	}).Wrap(context.DeadlineExceeded)
}

// endOfBuild is what the end of building a search takes for each byte of it: two
// microseconds for a text.
const endOfBuild = 8 * time.Nanosecond

// prepare has the request of a value prepare the search for it, and for those that came
// before, once that is enough to be felt.
func (r *released) prepare(ctx context.Context, paid payment) {
	if paid.search > 0 && r.unprepared.Add(paid.search) >= prepareAt {
		r.unprepared.Store(0)
		r.registry.PrepareWithin(ctx, 0)
	}
}

// prepareAt is how many bytes of masking values of modules may take before the search for
// them is prepared, which takes about 50 ms of a processor. The search for one value that
// takes as much is built alone.
const prepareAt = 512 << 10

// shared returns a Secret for the value that is held instead of v, which is freed.
func (r *released) shared(p *placed, at place, h held, v secret.Secret) (secret.Secret, error) {
	if !h.hold.Active() { // the owner of the registry closed it
		again, err := r.hold(at.key, h.secret, h.mask, nil)
		if err != nil {
			return secret.Secret{}, err
		}
		p.renew(h, again)
	}
	shared := h.secret
	if !sameMeta(shared.Meta(), v.Meta()) {
		shared = shared.WithMeta(v.Meta())
	}
	if c := secret.CellOf(v); c != secret.CellOf(shared) {
		c.FreeUnshared() // a copy that nobody else has, unless it was known
	}
	return shared, nil
}

// find returns the Secret that the place holds for a value, if the version is the same too.
// A provider that returns it again needs no memory for the value.
func (r *released) find(at place, value, version []byte) (secret.Secret, bool) {
	p := r.places.used(at)
	if p == nil {
		return secret.Secret{}, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, h := range p.held {
		m := h.secret.Meta()
		if m.Version == string(version) && sameMeta(m, secret.Meta{Version: m.Version, Provider: at.provider}) && secret.CellOf(h.secret).Holds(value) {
			return h.secret, true
		}
	}
	return secret.Secret{}, false
}

// sameMeta reports whether two descriptions are the same. Those with degraded
// providers are rare and count as different.
func sameMeta(a, b secret.Meta) bool {
	return a.Version == b.Version && a.Provider == b.Provider && len(a.Degraded) == 0 && len(b.Degraded) == 0
}

// hold keeps the value of v masked until its cell is freed: by the collector
// once no Secret and no place holds it, or by Close.
func (r *released) hold(key Key, v secret.Secret, m redact.Mask, built *redact.Built) (*redact.Hold, error) {
	h, err := r.registry.HoldBuilt(redact.Entry{Key: string(key), Secret: v, Mask: m}, built)
	if err != nil {
		return nil, err
	}
	if !secret.CellOf(v).OnFree(h, h.ReleaseLater) {
		h.Release()
		return nil, &secret.Error{Code: secret.ErrClosed, Key: key, Detail: "the runtime was closed"}
	}
	return h, nil
}

// seen is a value read but not returned to the caller.
type seen struct {
	key    Key
	secret secret.Secret
	mask   redact.Mask
}

// maskBriefly masks a value for the grace, also if nothing is left to pay for it: nothing
// holds it. A value that cannot be registered any more was wiped by Close. A large one is not
// masked if there is no time or memory for it: nobody has got it. The value is freed unless
// it is one that was released before.
func (r *released) maskBriefly(ctx context.Context, s seen) {
	defer secret.CellOf(s.secret).FreeUnshared()
	at := place{s.secret.Provider(), s.key}
	paid, err := r.spend(ctx, r.places.place(at), at, s.secret)
	if err != nil && r.tooLong(s.secret) {
		return
	}
	if h, err := r.registry.HoldBuilt(redact.Entry{Key: string(s.key), Secret: s.secret, Mask: s.mask}, paid.built); err == nil {
		h.Release()
		r.prepare(ctx, paid)
	}
}

// tooLong reports whether the search for a value would have to be built alone.
func (r *released) tooLong(v secret.Secret) bool {
	mask, known, err := r.registry.Cost(v)
	return err != nil || !known && mask >= prepareAt
}

// claim is a value that is about to be written: a copy that is masked before a
// provider gets the value.
type claim struct {
	secret secret.Secret
	mask   redact.Mask
	hold   *redact.Hold
}

// claimed is the id under which the cell of a caller's Secret holds a value that was given
// to Set: once per registry, key and mask, however often it is set, and once more after the
// owner of the registry closed it, which ended the earlier hold.
type claimed struct {
	registry weak.Pointer[redact.Registry] // the Secret may outlive it
	key      Key
	mask     redact.Mask
	opening  uint64
}

// A Secret that was set under more than maxClaims keys holds its value under manyKeys for
// all others, so that it does not grow. No caller may see the value of manyKeys, because
// it is not a valid key, and it sorts after all keys, so no mask names it.
const (
	maxClaims     = 64
	manyKeys  Key = "\xff"
)

// claim masks a value before it is written. The caller's own Secret holds it as
// well from now on, since the caller can keep using it.
func (r *released) claim(at place, v secret.Secret, m redact.Mask) (*claim, error) {
	own, err := gosource.Copy(v, r.owner, secret.Meta{Provider: at.provider})
	if err != nil {
		return nil, err
	}
	hold, err := r.hold(at.key, own, m, nil)
	if err != nil {
		return nil, err
	}
	key := at.key
	if secret.CellOf(v).Holders() >= maxClaims {
		key = manyKeys
	}
	h, err := r.registry.Hold(redact.Entry{Key: string(key), Secret: own, Mask: m})
	if err != nil {
		return nil, err
	}
	if !secret.CellOf(v).OnFree(claimed{weak.Make(r.registry), key, m, h.Opening()}, h.Releaser()) {
		h.Drop() // it holds the value already, or is destroyed
	}
	return &claim{own, m, hold}, nil
}

// settle ends a claim: a value that was written is what the place holds now,
// one that was not is let go.
func (r *released) settle(at place, c *claim, written bool, began, now uint64) {
	if !written {
		secret.CellOf(c.secret).Free()
		return
	}
	p := r.places.place(at)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dropBefore(began)
	p.held = append(p.held, held{c.secret, c.mask, c.hold, now, 0})
}

// seal makes every released value unreadable and lets go of it. It runs no code of the
// embedder: the registry masks the values for the grace that begins in close.
func (r *released) seal() { r.owner.FreeAll() }

// close frees the values of requests that were under way during seal. The registry stays
// open, also one of its own: the program may still print what it has read, and other Runtimes
// may have the registry too.
func (r *released) close() {
	r.owner.FreeAll()
	defer letFail()
	if r.made {
		r.registry.ExpireInSearches() // the grace begins, and no request comes that ends it
	} else {
		r.registry.Len()
	}
}

// leftOut stands for a text that could not be masked in the time of its request.
const leftOut = "[left out]"

// maskText returns text with every registered value masked, or leftOut if the search for them
// cannot be prepared in time: there may be many that came since the last one.
func (r *released) maskText(ctx context.Context, text string) string {
	switch {
	case text == "":
		return ""
	case !r.registry.PrepareWithin(ctx, r.within):
		return leftOut
	}
	return r.registry.String(text)
}

// maskOf returns how a policy wants a value masked in logs. A value that no rule
// names is masked in full there, and so is one that a rule would show: a log is
// not an answer to a request.
func maskOf(m policy.Mask) redact.Mask {
	if m.Mode == policy.MaskNone {
		return redact.Mask{}
	}
	return m
}
