package runtime

import (
	"context"
	"errors"
	"slices"

	"github.com/postern-project/postern/runtime/internal/chain"
	"github.com/postern-project/postern/runtime/secret"
)

// read asks for the values of a get. Keys that take the same route are asked
// for together.
func (q *request) read(ctx context.Context) {
	if len(q.parts) == 1 {
		p := &q.parts[0]
		p.secret, p.err = p.to.source.Get(ctx, p.key)
		return
	}
	for at, group := range q.groups() {
		keys := make([]Key, len(group))
		for i, n := range group {
			keys[i] = q.parts[n].key
		}
		for i, res := range at.source.GetMany(ctx, keys) {
			p := &q.parts[group[i]]
			p.secret, p.err = res.Secret, res.Err
		}
	}
}

// groups returns the indexes of the open parts by route.
func (q *request) groups() map[*route][]int {
	groups := map[*route][]int{}
	for i := range q.parts {
		if p := &q.parts[i]; p.err == nil {
			groups[p.to] = append(groups[p.to], i)
		}
	}
	return groups
}

// forgetAbsent lets go of the values of a key that its providers have no more.
func (q *request) forgetAbsent(p *part) {
	var e *secret.Error
	if !errors.As(p.err, &e) {
		return
	}
	for _, a := range e.Attempts {
		if a.Code == secret.ErrNotFound {
			q.client.rt.released.forget(place{a.Provider, p.key}, q.ticket)
		}
	}
}

// list asks the providers of the listing's route for their keys and keeps what
// the caller may list and could get from the provider that has it.
func (q *request) list(ctx context.Context) {
	p := &q.parts[0]
	if p.to == nil {
		return // no provider may be asked, and none may be heard of
	}
	found, err := chain.List(ctx, p.to.links, q.prefix, q.client.rt.now)
	if err != nil {
		p.err = err
		return
	}
	for i := 0; i < len(found) && p.err == nil; {
		key, n := found[i].Key, i
		for ; i < len(found) && found[i].Key == key; i++ {
		}
		keep, err := q.client.mayList(key, found[n:i])
		if p.err = err; keep {
			q.listed = append(q.listed, key)
		}
	}
}

// observe checks that the caller's route for the key of an event contains the
// provider that the event is about.
func (q *request) observe() {
	p := &q.parts[0]
	if !slices.Contains(p.to.names, q.event.Provider) {
		p.err = errNotDelivered
	}
}

// errNotDelivered ends the way of an event that is not for the caller.
var errNotDelivered = &secret.Error{Code: secret.ErrDenied, Op: secret.OpWatch, Detail: "the caller is not routed to this provider"}
