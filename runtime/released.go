package runtime

import (
	"fmt"
	"sync"
	"time"

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
	owns     bool // the registry is closed with the runtime
	owner    slab.Owner
	now      func() time.Time     // the clock of the embedder
	budgets  map[string]*budgeted // of the providers that have a budget; not changed once requests run

	mu     sync.RWMutex
	places places // guarded by mu: of the providers without a budget
}

// maxPlaces is how many places, of those used last, the Runtime itself holds at
// least; it holds at most twice as many. A program that reads "user/ID/token" of
// more and more users keeps no value of each: what it lets go stays masked while
// somebody has the Secret, and for the grace.
const maxPlaces = 8192

// places are those whose values the Runtime holds, of some providers.
type places struct {
	recent map[place]*placed // those that were used last
	older  map[place]*placed // those that are let go next
}

// renew lets go of the older places, and makes the recent ones the older ones.
func (p *places) renew() { p.recent, p.older = map[place]*placed{}, p.recent }

// budgeted is what is kept for a provider that has a budget for masking.
type budgeted struct {
	budget
	places places // guarded by the mutex of released, as held
	held   int64  // bytes that were spent for the recent places
}

// place is where a value comes from: the same key of two providers holds two
// values.
type place struct {
	provider string
	key      Key
}

// placed is what the Runtime holds for a place: the value that was released last.
// It holds several values only while requests overlap, because their order of
// reading the store is unknown.
type placed struct {
	mu   sync.Mutex
	held []held
	cost int64 // bytes that were spent for the newest value; guarded by the mutex of released
}

// held is one value of a place. Its cell holds the registration: see
// [released.hold].
type held struct {
	secret secret.Secret
	mask   redact.Mask
	hold   *redact.Hold
	last   uint64 // the newest ticket when the value was last released
}

func newReleased(registry *redact.Registry, owner slab.Owner, o redact.Options) *released {
	r := &released{registry: registry, owner: owner, now: o.Now, budgets: map[string]*budgeted{}}
	if registry == nil {
		r.registry, r.owns = redact.New(o), true
	}
	return r
}

// admit registers a value of the runtime's memory before it is released, to be
// masked as m says, and returns the Secret to release: an equal value that is
// held already is shared, and v is freed. began and now are tickets: of the request that read
// the value, and the newest one. No lock is held while the registry is called, which
// asks the clock of the embedder.
func (r *released) admit(at place, v secret.Secret, m redact.Mask, began, now uint64) (secret.Secret, error) {
	p := r.place(at)
	if h, ok := p.share(v, m, began, now); ok {
		return r.shared(p, at, h, v)
	}
	if err := r.spend(p, at, v); err != nil {
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
	hold, err := r.hold(at.key, v, m)
	if err != nil {
		return secret.Secret{}, err
	}
	if h, ok := p.shareOrAdd(held{v, m, hold, now}, began); ok { // a request was faster
		out, err := r.shared(p, at, h, v)
		secret.CellOf(v).Free()
		return out, err
	}
	return v, nil
}

// spend has the provider of a value pay for its masking, if it has a budget and the
// value is not masked already.
func (r *released) spend(p *placed, at place, v secret.Secret) error {
	b := r.budgets[at.provider]
	if b == nil {
		return nil
	}
	mask, known, err := r.registry.Cost(v)
	if err != nil {
		return err
	}
	size := 0 // of the copy that the place holds
	if err := v.Expose(func(b []byte) error { size = len(b); return nil }); err != nil {
		return err
	}
	pay := mask + size
	if known {
		pay = size
		if p.holds() { // the same value under another mask, or one of another request
			pay = 0
		}
	}
	if pay > 0 && !b.spend(int64(pay), r.now()) {
		return &secret.Error{
			Code: secret.ErrTooLarge, Key: at.key, Provider: at.provider,
			Detail: fmt.Sprintf("to mask what the provider has returned in %v would take more than %d bytes, limits.mask_memory", redact.DefaultGrace, b.most),
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	b.held += int64(mask+size) - p.cost
	p.cost = int64(mask + size)
	return nil
}

// shared returns a Secret for the value that is held instead of v, which is freed.
func (r *released) shared(p *placed, at place, h held, v secret.Secret) (secret.Secret, error) {
	if !h.hold.Active() { // the owner of the registry closed it
		again, err := r.hold(at.key, h.secret, h.mask)
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

// known returns the Secret that the place holds for a value, if the version is the same too.
// A provider that returns it again needs no memory for the value.
func (r *released) known(at place, value, version []byte) (secret.Secret, bool) {
	p := r.used(at)
	if p == nil {
		return secret.Secret{}, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, h := range p.held {
		m := h.secret.Meta()
		if m.Version == string(version) && m.Provider == at.provider && len(m.Degraded) == 0 && secret.CellOf(h.secret).Holds(value) {
			return h.secret, true
		}
	}
	return secret.Secret{}, false
}

// share returns what the place holds of a value, and notes that it was released
// again.
func (p *placed) share(v secret.Secret, m redact.Mask, began, now uint64) (held, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.find(v, m, began, now)
}

// shareOrAdd is share, and adds what is not held yet.
func (p *placed) shareOrAdd(h held, began uint64) (held, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if have, ok := p.find(h.secret, h.mask, began, h.last); ok {
		return have, true
	}
	p.dropBefore(began)
	p.held = append(p.held, h)
	return held{}, false
}

// find is share; p.mu is held.
func (p *placed) find(v secret.Secret, m redact.Mask, began, now uint64) (held, bool) {
	for i := range p.held {
		h := &p.held[i]
		if h.mask == m && h.secret.Equal(v) {
			h.last = now
			found := *h
			p.dropBefore(began)
			return found, true
		}
	}
	return held{}, false
}

func (p *placed) holds() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.held) > 0
}

// renew replaces the hold of a value.
func (p *placed) renew(h held, hold *redact.Hold) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.held {
		if p.held[i].hold == h.hold {
			p.held[i].hold = hold
		}
	}
}

// sameMeta reports whether two descriptions are the same. Those with degraded
// providers are rare and count as different.
func sameMeta(a, b secret.Meta) bool {
	return a.Version == b.Version && a.Provider == b.Provider && len(a.Degraded) == 0 && len(b.Degraded) == 0
}

// dropBefore lets go of values that were last released before the request with
// this ticket began: it has read something newer.
func (p *placed) dropBefore(ticket uint64) {
	kept := p.held[:0]
	for _, h := range p.held {
		if h.last >= ticket {
			kept = append(kept, h)
		}
	}
	clear(p.held[len(kept):])
	p.held = kept
}

// hold keeps the value of v masked until its cell is freed: by the collector
// once no Secret and no place holds it, or by Close.
func (r *released) hold(key Key, v secret.Secret, m redact.Mask) (*redact.Hold, error) {
	h, err := r.registry.Hold(redact.Entry{Key: string(key), Secret: v, Mask: m})
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

// maskBriefly masks a value for the grace: nothing holds it. A value that cannot be
// registered any more was wiped by Close.
func (r *released) maskBriefly(s seen) {
	at := place{s.secret.Provider(), s.key}
	_ = r.spend(r.place(at), at, s.secret) // masked even if there is nothing left
	if h, err := r.registry.Hold(redact.Entry{Key: string(s.key), Secret: s.secret, Mask: s.mask}); err == nil {
		h.Release()
	}
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
	registry *redact.Registry
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
	hold, err := r.hold(at.key, own, m)
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
	if !secret.CellOf(v).OnFree(claimed{r.registry, key, m, h.Opening()}, h.ReleaseLater) {
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
	p := r.place(at)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dropBefore(began)
	p.held = append(p.held, held{c.secret, c.mask, c.hold, now})
}

// forget lets go of the values of a place that were released before the request
// with this ticket began. Secrets that were handed out still hold them.
func (r *released) forget(at place, ticket uint64) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	set := r.placesOf(at.provider)
	for _, places := range []map[place]*placed{set.recent, set.older} {
		if p := places[at]; p != nil {
			p.forget(ticket)
		}
	}
}

func (p *placed) forget(ticket uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dropBefore(ticket)
}

// used returns what is held for a place of those that were used last, or nil.
func (r *released) used(at place) *placed {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.placesOf(at.provider).recent[at]
}

// placesOf returns the places of a provider. The caller holds the mutex.
func (r *released) placesOf(provider string) *places {
	if b := r.budgets[provider]; b != nil {
		return &b.places
	}
	return &r.places
}

func (r *released) place(at place) *placed {
	p := r.used(at)
	if p != nil {
		return p
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	set := r.placesOf(at.provider)
	if p = set.recent[at]; p != nil {
		return p
	}
	b := r.budgets[at.provider]
	full := b != nil && b.held > b.most/2 // what the Runtime holds stays within the budget too
	if set.recent == nil || len(set.recent) >= maxPlaces || full {
		set.renew()
		if b != nil {
			b.held = 0
		}
	}
	if p = set.older[at]; p == nil {
		p = &placed{}
	}
	if b != nil {
		b.held += p.cost
	}
	delete(set.older, at)
	set.recent[at] = p
	return p
}

// seal makes every released value unreadable and lets go of it. A shared registry
// masks it for the grace that follows.
func (r *released) seal() {
	r.owner.FreeAll()
	r.registry.Len() // the grace begins
}

// close frees the values of requests that were under way during seal, and closes
// the registry if it belongs to the runtime.
func (r *released) close() {
	r.owner.FreeAll()
	if r.owns {
		r.registry.Close()
	}
}

// maskText returns text with every registered value masked.
func (r *released) maskText(text string) string {
	if text == "" {
		return ""
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
