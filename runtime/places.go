package runtime

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/internal/budget"
	"github.com/postern-project/postern/runtime/internal/chain"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// maxPlaces is how many places, of those used last, the Runtime itself holds at
// least; it holds at most twice as many. A program that reads "user/ID/token" of
// more and more users keeps no value of each: what it lets go stays masked while
// somebody has the Secret, and for the grace.
const maxPlaces = 8192

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
	cost int64 // bytes that masking the values takes; guarded by the mutex of places
}

// held is one value of a place. Its cell holds the registration: see
// [released.hold].
type held struct {
	secret secret.Secret
	mask   redact.Mask
	hold   *redact.Hold
	last   uint64 // the newest ticket when the value was last released
	cost   int64  // bytes that masking it takes, if its provider has a budget
}

// places are the places whose values the Runtime holds.
type places struct {
	limited map[string]*placeSet // of the providers that have a budget; not changed once requests run

	mu     sync.RWMutex
	others placeSet // of all others
}

// placeSet holds the places of some providers.
type placeSet struct {
	recent, older map[place]*placed // those that were used last, and those that are let go next; guarded by the mutex of places

	budget *budget.Budget // for masking what a provider returns; nil without a limit
	within time.Duration  // what masking the values of one request may take, if there is a budget
	held   int64          // bytes that masking the values of the recent places takes; guarded as they are
	before int64          // ... and of the older ones

	building chan struct{} // holds one while the search for a large value is built, if there is a budget
}

// limit gives a provider a budget for masking its values, and the time that this may take
// in one request.
func (ps *places) limit(provider string, most int64, within time.Duration) {
	if ps.limited == nil {
		ps.limited = map[string]*placeSet{}
	}
	ps.limited[provider] = &placeSet{budget: budget.New(most, redact.DefaultGrace), within: within, building: make(chan struct{}, 1)}
}

// of returns the placeSet of a provider. The caller holds the mutex to look at its places.
func (ps *places) of(provider string) *placeSet {
	if s := ps.limited[provider]; s != nil {
		return s
	}
	return &ps.others
}

// full reports whether older places have to go before there is another recent one. What the
// Runtime holds of a provider stays within the budget too.
func (s *placeSet) full() bool {
	return s.recent == nil || len(s.recent) >= maxPlaces || s.budget != nil && s.held+s.before > s.budget.Most()
}

// turn makes the recent places the older ones, and lets go of those.
func (s *placeSet) turn() {
	s.recent, s.older = map[place]*placed{}, s.recent
	s.held, s.before = 0, s.held
}

// use adds p to the recent places, from the older ones if it is one of them.
func (s *placeSet) use(at place, p *placed) {
	if s.older[at] == p {
		delete(s.older, at)
		s.before -= p.cost
	}
	s.recent[at] = p
	s.held += p.cost
}

// used returns what is held for a place of those that were used last, or nil.
func (ps *places) used(at place) *placed {
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	return ps.of(at.provider).recent[at]
}

// place returns what is held for a place, which is one of those that were used last now.
func (ps *places) place(at place) *placed {
	p := ps.used(at)
	if p != nil {
		return p
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	s := ps.of(at.provider)
	if p = s.recent[at]; p != nil {
		return p
	}
	if s.full() {
		s.turn()
	}
	if p = s.older[at]; p == nil {
		p = &placed{}
	}
	s.use(at, p)
	return p
}

// spent notes what masking the values of a place takes: several, while requests overlap. If
// that is too much together, all other places are let go next: those that were used last may
// be few, and their values large only now.
func (ps *places) spent(at place, p *placed) {
	cost := p.costs()
	ps.mu.Lock()
	defer ps.mu.Unlock()
	s := ps.of(at.provider)
	switch more := cost - p.cost; p {
	case s.recent[at]:
		s.held += more
	case s.older[at]:
		s.before += more
	}
	p.cost = cost
	if s.recent[at] == p && len(s.recent) > 1 && s.full() {
		s.turn()
		s.use(at, p)
	}
}

// forget lets go of the values of a place that were released before the request
// with this ticket began. Secrets that were handed out still hold them.
func (ps *places) forget(at place, ticket uint64) {
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	s := ps.of(at.provider)
	for _, of := range []map[place]*placed{s.recent, s.older} {
		if p := of[at]; p != nil {
			p.forget(ticket)
		}
	}
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

// costs returns what masking the values of the place takes.
func (p *placed) costs() (sum int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.held {
		sum += p.held[i].cost
	}
	return sum
}

// holds reports whether the place holds the value, under any mask.
func (p *placed) holds(v secret.Secret) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.held, func(h held) bool { return h.secret.Equal(v) })
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

func (p *placed) forget(ticket uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dropBefore(ticket)
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

// noticing lets go of what is held for a key once its provider says that it has no such key,
// whichever request it says that to. newest returns the newest ticket.
func (ps *places) noticing(provider string, newest func() uint64) func(chain.Source) chain.Source {
	return func(s chain.Source) chain.Source { return noticing{s, ps, provider, newest} }
}

type noticing struct {
	chain.Source
	places   *places
	provider string
	newest   func() uint64
}

func (n noticing) Get(ctx context.Context, key secret.Key) (secret.Secret, error) {
	began := n.newest()
	v, err := n.Source.Get(ctx, key)
	n.hear(key, err, began)
	return v, err
}

func (n noticing) GetMany(ctx context.Context, keys []secret.Key) []secret.Result {
	began := n.newest()
	results := n.Source.GetMany(ctx, keys)
	for i := range results {
		n.hear(keys[i], results[i].Err, began)
	}
	return results
}

func (n noticing) Delete(ctx context.Context, key secret.Key) error {
	began := n.newest()
	err := n.Source.Delete(ctx, key)
	n.hear(key, err, began)
	return err
}

func (n noticing) hear(key secret.Key, err error, began uint64) {
	switch secret.CodeOf(err) {
	case secret.ErrNotFound, secret.ErrNotConfigured:
		n.places.forget(place{n.provider, key}, began)
	}
}
