package runtime

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/internal/chain"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// chooseWriter returns the provider that a write goes to: the one that the caller
// named, else the first writable one of the route that has the key, else
// the first writable one. Unless the caller named it, the write is
// refused with shadowed when a read would afterwards still find the key elsewhere.
// The writer is nil, without an error, when there is nothing to write.
func (q *request) chooseWriter(ctx context.Context) (*chain.Link, error) {
	p, c := &q.parts[0], q.client
	switch {
	case p.to.writer == nil:
		return nil, q.readOnly(ctx)
	case c.only != nil:
		return p.to.writer, nil
	}
	reads, ok := c.readRoute(p)
	if !ok {
		return q.chooseBlindly(ctx)
	}
	asked := asked{q: q, has: map[string]bool{}}
	if q.rest {
		return nil, asked.remains(ctx, reads)
	}
	w, err := asked.holder(ctx)
	if err != nil {
		return nil, err
	}
	return w, asked.shadow(ctx, reads, w)
}

// writers returns the providers that the write may go to.
func (q *request) writers() []*chain.Link {
	return slices.DeleteFunc(q.parts[0].to.writers(), func(w *chain.Link) bool { return slices.Contains(q.passed, w.Name) })
}

// passOver excludes the provider of a write, if it is one in Go that answered with err that
// it offers no such write and does not have the key. For such a provider DeleteAll gets
// not_found; otherwise the write goes on to the next one that is writable, unless the caller
// named the provider, or may not get the key and would learn who has it.
func (q *request) passOver(ctx context.Context, err error) (again bool) {
	p := &q.parts[0]
	if !declines(err) || !q.writer.Go || q.client.only != nil && !q.each {
		return false
	}
	if _, ok := q.client.unnamed().readRoute(p); !ok {
		return false
	}
	if _, err := q.peek(ctx, q.writer); !without(secret.CodeOf(err)) {
		return false
	}
	if q.each {
		p.err = &secret.Error{Code: secret.ErrNotFound, Op: q.op, Key: p.key, Provider: q.writer.Name}
		return false
	}
	q.passed = append(q.passed, q.writer.Name)
	return len(q.writers()) > 0
}

// declines reports whether err says that a provider offers no such write.
func declines(err error) bool {
	code := secret.CodeOf(err)
	return code == secret.ErrReadOnly || code == secret.ErrUnsupported
}

// readOnly returns the error of a route that is never written to.
func (q *request) readOnly(ctx context.Context) error {
	p := &q.parts[0]
	if q.op == secret.OpSet {
		return p.to.source.Set(ctx, p.key, p.secret)
	}
	return p.to.source.Delete(ctx, p.key)
}

// readRoute returns the route of a get of the caller; ok is false if the policy denies
// the get.
func (c *Client) readRoute(p *part) (to *route, ok bool) {
	if c.rt.policy == nil {
		return p.to, true
	}
	d := c.decide(c.request(secret.OpGet, p.key))
	if !d.Allow {
		return nil, false
	}
	to, err := c.routeFor(secret.OpGet, p.key, d)
	return to, err == nil
}

// unnamed returns c as it is when it names no provider.
func (c *Client) unnamed() *Client {
	if c.only == nil {
		return c
	}
	all := *c
	all.only = nil
	return &all
}

// readsOf returns the route of a get of the key of p. If the caller may not get it,
// blind is true, and the route is the one that the policy chooses for those who may;
// nil if it chooses none.
func (c *Client) readsOf(p *part) (to *route, blind bool) {
	if to, ok := c.readRoute(p); ok {
		return to, false
	}
	chosen := c.rt.Policy()
	if chosen == nil { // a Decider of the embedder
		return c.configured(), true
	}
	asked := chosen.Explain(c.request(secret.OpGet, p.key)).Asked
	if len(asked) == 0 {
		return nil, true
	}
	to, err := c.routeFor(secret.OpGet, p.key, policy.Decision{Providers: asked})
	if err != nil {
		return nil, true
	}
	return to, true
}

// chooseBlindly is chooseWriter for a caller who may not get the key and must not
// learn where it exists. What would depend on that is refused, the same whether or
// not it exists: only the routes decide.
func (q *request) chooseBlindly(ctx context.Context) (*chain.Link, error) {
	p := &q.parts[0]
	reads, _ := q.client.readsOf(p)
	if reads == nil {
		reads = p.to // nobody reads the key
	}
	writers := q.writers()
	switch {
	case q.op == secret.OpSet && !slices.Contains(reads.names, writers[0].Name):
		return nil, q.unread(writers[0])
	case !q.certain(reads, writers):
		return nil, &secret.Error{
			Code: secret.ErrConflict, Op: q.op, Key: p.key,
			Detail: "another provider may have the key, which this caller may not get; name the provider to write to",
		}
	case q.rest:
		return nil, nil
	}
	asked := asked{q: q, has: map[string]bool{}}
	return asked.holder(ctx)
}

// certain reports whether the routes alone say what a read will find after a write:
// after a set its value, after a delete nothing.
func (q *request) certain(reads *route, writers []*chain.Link) bool {
	written := make([]string, len(writers))
	for i, w := range writers {
		written[i] = w.Name
	}
	switch {
	case q.rest: // all writers were deleted from
		return !slices.ContainsFunc(reads.names, func(n string) bool { return !slices.Contains(written, n) })
	case q.op == secret.OpDelete:
		return len(q.parts[0].to.links) == 1 && slices.Equal(reads.names, written)
	}
	// A set goes to the first writer that has the key, else to the first.
	return len(reads.names) >= len(written) && slices.Equal(reads.names[:len(written)], written)
}

// unread returns the error of a set to a provider that a get does not ask.
func (q *request) unread(w *chain.Link) error {
	return &secret.Error{Code: secret.ErrShadowed, Op: q.op, Key: q.parts[0].key, Provider: w.Name,
		Detail: "a get of the key does not ask this provider, so that it would not return the new value; name the provider to write to"}
}

// asked remembers which providers have the key of a request.
type asked struct {
	q   *request
	has map[string]bool
}

// ask reports whether a provider has the key. A provider that fails fails the
// request, unless the chain may continue past it.
func (a *asked) ask(ctx context.Context, l *chain.Link) (bool, error) {
	if has, known := a.has[l.Name]; known {
		return has, nil
	}
	q := a.q
	_, err := q.peek(ctx, l)
	if err != nil && !l.Passes(ctx, secret.CodeOf(err)) {
		return false, q.blame(l, err)
	}
	a.has[l.Name] = err == nil
	return err == nil, nil
}

// blame returns the error of a provider that a write asked, with its name.
func (q *request) blame(l *chain.Link, err error) error {
	p := &q.parts[0]
	one := secret.Error{Code: secret.CodeOf(err)}
	var e *secret.Error
	if errors.As(err, &e) {
		one = *e
	}
	one.Op, one.Key = q.op, p.key
	if one.Provider == "" {
		one.Provider = l.Name
	}
	if e == nil {
		one.Wrap(err)
	}
	return &one
}

// holder returns the first writable provider that has the key, else the first
// writable one.
func (a *asked) holder(ctx context.Context) (*chain.Link, error) {
	writers := a.q.writers()
	if len(writers) == 1 {
		return writers[0], nil
	}
	for _, w := range writers {
		if has, err := a.ask(ctx, w); has || err != nil {
			return w, err
		}
	}
	return writers[0], nil
}

// shadow refuses a write to w after which a read would find the key elsewhere: after
// a set, in a provider that is asked before w, or nowhere, because a read does not
// ask w; after a delete, in any other.
func (a *asked) shadow(ctx context.Context, reads *route, w *chain.Link) error {
	for i := range reads.links {
		l := &reads.links[i]
		switch {
		case l.Name == w.Name && a.q.op == secret.OpSet:
			return nil
		case l.Name == w.Name:
			continue
		}
		has, err := a.ask(ctx, l)
		if err != nil {
			return err
		}
		if has {
			return a.shadowed(w, l)
		}
	}
	if a.q.op == secret.OpSet {
		return a.q.unread(w)
	}
	return nil
}

func (a *asked) shadowed(w, l *chain.Link) error {
	detail := fmt.Sprintf("the provider %q has the key and is asked first, so that a get would not return the new value; name the provider to write to", l.Name)
	if a.q.op == secret.OpDelete {
		detail = fmt.Sprintf("the provider %q has the key as well, so that a get would still find it; name the provider, or delete it in all", l.Name)
	}
	return &secret.Error{Code: secret.ErrShadowed, Op: a.q.op, Key: a.q.parts[0].key, Provider: w.Name, Detail: detail}
}

// remains returns an error if a provider that a delete of the key does not write to
// has it.
func (a *asked) remains(ctx context.Context, reads *route) error {
	deleted := a.q.parts[0].to
	for i := range reads.links {
		l := &reads.links[i]
		if l.Writable && slices.Contains(deleted.names, l.Name) {
			continue
		}
		if has, err := a.ask(ctx, l); err != nil {
			return err
		} else if has {
			return &secret.Error{Code: secret.ErrShadowed, Op: a.q.op, Key: a.q.parts[0].key, Provider: l.Name,
				Detail: "this provider, to which a delete of the key does not go, has it still"}
		}
	}
	return nil
}

// Writers returns, in order, the names of the providers that a Set or Delete of key
// may go to: the first of them that has the key, else the first. It asks no
// provider. It is empty if no provider of the route is writable, and if the policy
// denies the write: of a set, both creating the key and updating it. Whether a provider
// written in Go offers the write is only seen when it is asked, so it is in the result.
func (c *Client) Writers(op secret.Op, key Key) []string {
	req := c.request(op, key)
	d, _ := c.decideForms(&req)
	if !d.Allow {
		return nil
	}
	to, err := c.routeFor(op, key, d)
	if err != nil {
		return nil
	}
	var names []string
	for _, w := range to.writers() {
		names = append(names, w.Name)
	}
	return names
}

// DeleteAll removes key from every provider of [Client.Writers] that has it. The
// error has the code not_found if none has it, and shadowed if a provider that is
// not written to has it, so that a Get still finds it. The text of every error names the
// providers that have removed it nevertheless. For a caller who may not get the key, it is conflict
// if a Get might still find it, and then nothing was removed. DeleteAll is not atomic:
// when one provider fails, those before it have removed the key.
func (c *Client) DeleteAll(ctx context.Context, key Key) error {
	names := c.Writers(secret.OpDelete, key)
	if c.only != nil || len(names) == 0 {
		return c.Delete(ctx, key)
	}
	remains := c.wouldRemain(ctx, key)
	if remains != nil && secret.CodeOf(remains) != secret.ErrShadowed {
		return remains
	}
	var absent error
	var removed []string
	for _, name := range names {
		one, err := c.At(name)
		if err != nil {
			return alsoRemoved(err, removed)
		}
		switch err := one.deleteOf(ctx, key, true); {
		case err == nil:
			removed = append(removed, name)
		case !without(secret.CodeOf(err)):
			return alsoRemoved(err, removed)
		case absent == nil || secret.CodeOf(err) == secret.ErrNotFound:
			absent = err
		}
	}
	switch {
	case remains != nil:
		return alsoRemoved(remains, removed)
	case len(removed) > 0:
		return nil
	}
	return absent
}

// alsoRemoved returns err with the names of the providers that have removed the key before it.
func alsoRemoved(err error, removed []string) error {
	var e *secret.Error
	if !errors.As(err, &e) || len(removed) == 0 {
		return err
	}
	also := *e
	if also.Detail != "" {
		also.Detail += "; "
	}
	also.Detail += "it was removed from " + strings.Join(removed, ", ")
	return &also
}

// wouldRemain returns an error if a Get would find the key after it was removed from all
// providers that are written to.
func (c *Client) wouldRemain(ctx context.Context, key Key) error {
	q := newRequest(c, secret.OpDelete, key)
	defer q.free()
	q.rest = true
	q.run(ctx)
	return q.parts[0].err
}
