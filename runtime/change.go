package runtime

import (
	"context"

	"github.com/postern-project/postern/runtime/secret"
)

// change is a write under way: its effect on what is masked, and the event that
// it leads to. The methods of a nil change do nothing.
type change struct {
	rt       *Runtime
	at       place
	claim    *claim // set: the new value, masked before the provider sees it
	event    SecretEvent
	effected bool
	release  func() // lets the next write of the place begin
}

// write stores or removes the value of a key. Writes of one key of one provider
// are done one after the other, and the next one begins when the event of the
// last one is published: events come in the order in which the writes took
// effect.
func (q *request) write(ctx context.Context) {
	p, r := &q.parts[0], q.client.rt
	if p.to.writer == nil {
		p.err = p.to.write(ctx, q.op, p.key, p.secret) // says why
		return
	}
	at := place{p.to.writer.options.Name, p.key}
	ctx, release, err := r.writes.lock(ctx, at)
	if err != nil {
		p.err = (&secret.Error{Code: secret.CodeOf(err), Op: q.op, Key: p.key, Provider: at.provider}).Wrap(err)
		return
	}
	q.change = &change{rt: r, at: at, release: release}
	q.change.event = r.eventBefore(ctx, q.op, p)
	if q.op == secret.OpSet {
		if q.change.claim, p.err = r.released.claim(at, p.secret, p.mask); p.err != nil {
			return
		}
	}
	if p.err = p.to.write(ctx, q.op, p.key, p.secret); p.err != nil {
		return
	}
	q.change.effected = true
	if q.op == secret.OpSet && r.hub.Active() {
		if after, err := p.to.writer.source.Get(ctx, p.key); err == nil {
			q.change.event.Version = after.Version()
		}
	}
}

// eventBefore returns the event of a write as far as it is known before it.
// What was there is looked up only when somebody watches, since it costs a
// read; else a Set counts as a rotation of an unknown version.
func (r *Runtime) eventBefore(ctx context.Context, op secret.Op, p *part) SecretEvent {
	e := SecretEvent{Kind: secret.EventRemoved, Key: p.key, Provider: p.to.writer.options.Name}
	if op == secret.OpSet {
		e.Kind = secret.EventRotated
	}
	if !r.hub.Active() {
		return e
	}
	before, err := p.to.writer.source.Get(ctx, p.key)
	e.Prev = before.Version()
	if op == secret.OpSet && secret.CodeOf(err) == secret.ErrNotFound {
		e.Kind = secret.EventAdded
	}
	return e
}

func (c *change) done() bool { return c != nil && c.effected }

// settle tells what is masked about the end of the write: what failed changes
// nothing.
func (c *change) settle(ticket uint64) {
	if c == nil {
		return
	}
	switch {
	case c.claim != nil:
		c.rt.released.settle(c.at, c.claim, c.effected, ticket, c.rt.tickets.Load())
	case c.effected:
		c.rt.released.forget(c.at, ticket)
	}
}

func (c *change) unlock() {
	if c != nil {
		c.release()
	}
}
