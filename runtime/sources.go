package runtime

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/chain"
	"github.com/postern-project/postern/runtime/internal/gosource"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/policy"
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

// write stores or removes the value of a key. A provider in Go that says that it offers no
// such write is passed over, as a module is that is known not to: see passOver.
func (q *request) write(ctx context.Context) {
	p := &q.parts[0]
	for {
		if q.writer, p.err = q.chooseWriter(ctx); p.err != nil || q.writer == nil {
			return
		}
		q.writeTo(ctx)
		if p.err == nil || !q.passOver(ctx, p.err) {
			return
		}
		q.change.settle(q.ticket, q.client.rt.tickets.Load())
		q.change.unlock()
		q.change, p.err = nil, nil
	}
}

// writeTo writes to the provider that was chosen. Writes of one key of one provider
// are done one after the other, and the next one begins when the event of the
// last one is published: events come in the order in which the writes took
// effect.
func (q *request) writeTo(ctx context.Context) {
	p, r := &q.parts[0], q.client.rt
	at := place{q.writer.Name, p.key}
	ctx, release, err := r.writes.lock(ctx, at)
	if err != nil {
		p.err = q.keyed(q.blame(q.writer, err), p.key)
		return
	}
	q.change = &change{released: r.released, at: at, release: release} // which leave unlocks, whatever happens
	decide, again := q.deciding(ctx)
	if q.checkPresence(decide); p.err != nil {
		return
	}
	q.change.event = q.eventBefore(ctx)
	if q.op == secret.OpSet {
		q.change.claim, err = r.released.claim(at, p.secret, p.mask)
		if p.err = q.keyed(err, p.key); p.err != nil {
			return
		}
		err = q.writer.Source.Set(decide, p.key, p.secret)
		for secret.CodeOf(err) == secret.ErrConflict && again() {
			if q.checkPresence(decide); p.err != nil {
				return
			}
			err = q.writer.Source.Set(decide, p.key, p.secret)
		}
	} else {
		err = q.writer.Source.Delete(ctx, p.key)
	}
	q.change.effected, q.change.unknown = err == nil, mayHaveEffect(err)
	if err != nil {
		p.err = q.keyed(q.blame(q.writer, err), p.key)
	}
	if p.err == nil && q.op == secret.OpSet && r.hub.Active() {
		after, _ := q.peek(ctx, q.writer)
		q.change.event.Version = after.Version()
	}
}

// deciding prepares a Set that the policy allows only if the key exists, or only if it
// does not. Under the returned context, the write of a module is a conflict if its store
// has changed since checkPresence read it. Requests that a provider itself makes are not
// affected. again reports whether to check and write once more; it is false for providers
// written in Go, which resolve their own conflicts.
func (q *request) deciding(ctx context.Context) (decide context.Context, again func() bool) {
	if q.parts[0].wanted == 0 {
		return ctx, func() bool { return false }
	}
	attempts, end := 1, time.Now().Add(q.client.rt.writes.within)
	decide, decided := capability.WithDecided(ctx)
	return decide, func() bool {
		attempts++
		conflicted := decided.Conflicted()
		decided.Clear()
		return conflicted && attempts <= wasmhost.MaxAttempts && ctx.Err() == nil && time.Now().Before(end)
	}
}

// checkPresence denies a Set that would create the key if the policy allows only updates,
// or the reverse. The key exists if any provider on the route of the write has it, or on
// the route of this caller's reads without a named provider: permission to create must not
// replace what others read. q holds the lock of the write, so no other write to this
// provider through this Runtime comes in between; if another program changes the files of
// a module, the write is a conflict. The decision is recorded as create or update,
// whichever the Set is.
func (q *request) checkPresence(ctx context.Context) {
	p := &q.parts[0]
	if p.wanted == 0 {
		return
	}
	found := policy.OpCreate
	if exists, err := q.exists(ctx); err != nil {
		p.err = err
		return
	} else if exists {
		found = policy.OpUpdate
	}
	if found != p.wanted {
		req := q.client.request(q.op, p.key)
		req.Op = found
		d := q.client.decide(req)
		if !d.Allow { // else the policy was replaced in the meantime
			p.err = q.client.denied(q.op, p.key, d)
		}
		if p.log != nil {
			p.log.intent = newLogged(p.log.log, req, d).intent
		}
	}
	if p.log != nil && (!q.decided || p.err != nil) {
		q.decided = true
		q.record(ctx, p, p.log.decided)
	}
}

// exists reports whether any provider on the route of the write, or of the caller's
// reads, has the key.
func (q *request) exists(ctx context.Context) (bool, error) {
	p := &q.parts[0]
	if found, err := q.has(ctx, p.to); found || err != nil {
		return found, err
	}
	reads, blind := q.client.unnamed().readsOf(p)
	if reads == nil || slices.Equal(reads.names, p.to.names) {
		return false, nil
	}
	found, err := q.has(ctx, reads)
	if err != nil && blind {
		return false, &secret.Error{Code: secret.ErrUnavailable, Op: q.op, Key: p.key,
			Detail: "cannot tell whether the key exists: a provider that this caller may not read failed"}
	}
	return found, err
}

// has reports whether a provider of the route has the key.
func (q *request) has(ctx context.Context, to *route) (bool, error) {
	p := &q.parts[0]
	v, err := to.source.Get(ctx, p.key)
	switch {
	case err == nil:
		q.seen = append(q.seen, seen{p.key, v, p.mask})
		return true, nil
	case !absent(err):
		return false, q.keyed(err, p.key)
	}
	return false, nil
}

// absent reports whether a get failed because no provider has the key: each was
// asked and does not have it, or has no store yet.
func absent(err error) bool {
	var e *secret.Error
	if !errors.As(err, &e) || len(e.Attempts) == 0 {
		return without(secret.CodeOf(err))
	}
	return !slices.ContainsFunc(e.Attempts, func(a secret.Attempt) bool { return !without(a.Code) })
}

// without reports whether a code says that a provider does not have a key.
func without(code secret.Code) bool {
	return code == secret.ErrNotFound || code == secret.ErrNotConfigured
}

// peek reads the value that a provider holds now. It is not released, but a module
// may log it: see register.
func (q *request) peek(ctx context.Context, l *chain.Link) (Secret, error) {
	p := &q.parts[0]
	v, err := l.Source.Get(ctx, p.key)
	if err != nil {
		return Secret{}, err
	}
	q.seen = append(q.seen, seen{p.key, v, p.mask})
	return v, nil
}

// mayHaveEffect reports whether a write that failed may have changed the store: nobody
// has said that it did not.
func mayHaveEffect(err error) bool {
	switch secret.CodeOf(err) {
	case secret.ErrOutcomeUnknown, secret.ErrTimeout, secret.ErrCanceled, secret.ErrModuleCrashed, secret.ErrModuleProtocol, secret.ErrInternal:
		return true
	}
	return wasmhost.NeededMemory(err) || gosource.CanceledOwn(err)
}

// eventBefore returns the event of a write as far as it is known beforehand. The
// old value is read only if there are watchers, because it costs a request to the
// provider; otherwise a Set is reported as a rotation from an unknown version.
func (q *request) eventBefore(ctx context.Context) SecretEvent {
	p := &q.parts[0]
	e := SecretEvent{Kind: secret.EventRemoved, Key: p.key, Provider: q.writer.Name}
	if q.op == secret.OpSet {
		e.Kind = secret.EventRotated
	}
	if !q.client.rt.hub.Active() {
		return e
	}
	before, err := q.peek(ctx, q.writer)
	e.Prev = before.Version()
	if q.op == secret.OpSet && secret.CodeOf(err) == secret.ErrNotFound {
		e.Kind = secret.EventAdded
	}
	return e
}

// list asks the providers of the listing's route for their keys and keeps those
// that belong in the listing.
func (q *request) list(ctx context.Context) {
	p := &q.parts[0]
	if p.to == nil {
		return // no provider may be asked
	}
	found, err := chain.List(ctx, p.to.links, q.prefix, q.client.rt.now)
	if err != nil {
		p.err = err
		return
	}
	for i := 0; i < len(found) && p.err == nil; {
		if err := ctx.Err(); err != nil { // a module says how many keys are decided
			p.err = q.keyed(err, "")
			return
		}
		key, n := found[i].Key, i
		for ; i < len(found) && found[i].Key == key; i++ {
		}
		keep, err := q.mayList(ctx, key, found[n:i])
		if p.err = err; keep {
			q.listed = append(q.listed, key)
		}
	}
}

// mayList reports whether a key belongs in the result.
func (q *request) mayList(ctx context.Context, key Key, found []chain.Listed) (bool, error) {
	switch q.listing {
	case listReadable:
		return q.client.mayRead(key, found), nil
	case listNames:
		return q.client.mayName(ctx, key, found)
	}
	return q.client.mayList(ctx, key, found)
}

// observe checks that the caller's route for the key of an event contains the
// provider that the event is about.
func (q *request) observe() {
	p := &q.parts[0]
	if !slices.Contains(p.to.names, q.event.Provider) {
		p.err = errNotDelivered
	}
}
