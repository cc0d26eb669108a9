package watch

import (
	"slices"

	"github.com/postern-project/postern/runtime/secret"
)

// pending holds events that were not taken yet, in their order. There is one slot per
// provider and key, in which later changes are merged: it keeps the place of the first. The
// zero value is ready for use, by one goroutine at a time.
type pending struct {
	order []slot // of slots, oldest first
	slots map[slot]secret.Event
	keys  int // slots of a key
}

// slot identifies a pending event. The same key of two providers changes independently. A
// failure of the provider has a slot besides that of the changes, and a notice, which has no
// key, one of its kind.
type slot struct {
	provider string
	key      secret.Key
	kind     secret.EventKind // "" for changes
}

func slotOf(e secret.Event) slot {
	if e.Key != "" && e.Kind != secret.EventDegraded {
		return slot{e.Provider, e.Key, ""}
	}
	return slot{e.Provider, e.Key, e.Kind}
}

// add adds e behind all others, or merges it into the event of its slot.
func (p *pending) add(e secret.Event) {
	at := slotOf(e)
	old, known := p.slots[at]
	switch {
	case known && e.Key == "":
		e.Missed += old.Missed
		p.move(at)
	case known && p.failedSince(at):
		p.move(at)
	case !known && e.Key != "" && p.keys == MaxPending:
		p.overflow(e)
		return
	case !known:
		p.append(at)
	}
	if known && at.kind == "" {
		e = coalesce(old, e)
	}
	p.slots[at] = e
}

func (p *pending) append(at slot) {
	if p.slots == nil {
		p.slots = map[slot]secret.Event{}
	}
	if at.key != "" {
		p.keys++
	}
	p.order = append(p.order, at)
}

// move makes a slot the last one.
func (p *pending) move(at slot) {
	i := slices.Index(p.order, at)
	p.order = append(slices.Delete(p.order, i, i+1), at)
}

// failedSince reports whether a failure and a change of one key are both pending: then the
// last of them is the state of the key.
func (p *pending) failedSince(at slot) bool {
	other := slot{at.provider, at.key, secret.EventDegraded}
	if at.kind != "" {
		other.kind = ""
	}
	_, both := p.slots[other]
	return both
}

// overflow drops the events of keys, and e, and adds a Lagged and a Resync for each provider
// of which there were some.
func (p *pending) overflow(e secret.Event) {
	missed, providers := map[string]uint64{e.Provider: 1}, []string{e.Provider}
	kept := p.order[:0]
	for _, at := range p.order {
		if at.key == "" {
			kept = append(kept, at)
			continue
		}
		if delete(p.slots, at); missed[at.provider] == 0 {
			providers = append(providers, at.provider)
		}
		missed[at.provider]++
	}
	p.order, p.keys = kept, 0
	for _, name := range providers {
		p.add(secret.Event{Kind: secret.EventLagged, Provider: name, Missed: missed[name], At: e.At})
		p.add(secret.Event{Kind: secret.EventResync, Provider: name, At: e.At})
	}
}

// take takes the oldest event.
func (p *pending) take() (e secret.Event, ok bool) {
	if len(p.order) == 0 {
		return secret.Event{}, false
	}
	at := p.order[0]
	p.order = p.order[1:]
	if at.key != "" {
		p.keys--
	}
	e = p.slots[at]
	delete(p.slots, at)
	return e, true
}

// coalesce merges two changes of one key into one that leads to the same state. A
// key that was added and removed counts as removed: the subscriber may have read it
// in between.
func coalesce(old, e secret.Event) secret.Event {
	merged := e
	merged.Prev = old.Prev
	switch {
	case old.Kind == secret.EventAdded && e.Kind == secret.EventRotated:
		merged.Kind = secret.EventAdded
	case old.Kind == secret.EventRemoved && e.Kind == secret.EventAdded:
		merged.Kind = secret.EventRotated
	}
	return merged
}
