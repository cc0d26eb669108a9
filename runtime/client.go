package runtime

import (
	"cmp"
	"context"
	"iter"

	"github.com/postern-project/postern/runtime/secret"
)

// Client is a Runtime as one caller sees it. It is a [SecretProvider], safe for
// concurrent use, and stops working when its Runtime is closed.
type Client struct {
	rt     *Runtime
	caller Caller
	only   *route // of the one provider that At named, nil for the chain
}

var _ secret.Provider = (*Client)(nil)

// For returns the Runtime as seen by a caller. The embedder says who the caller
// is: nothing in this process can check it.
func (r *Runtime) For(c Caller) *Client {
	if c.Name == "" {
		c.Name = "app"
	}
	return &Client{rt: r, caller: c.clone()}
}

// At returns c restricted to one provider: only that provider is asked and
// written to. It need not be in the configured chain, but a rule of the policy
// that chooses providers must choose it too. The error has the code load_failed
// when no provider has that name.
func (c *Client) At(name string) (*Client, error) {
	p := c.rt.routes.provider(name)
	if p == nil {
		return nil, loadError(name, "no provider has this name")
	}
	one := *c
	one.only = p.alone
	return &one, nil
}

// Caller returns the caller that c acts for. The result belongs to the caller of
// Caller.
func (c *Client) Caller() Caller { return c.caller.clone() }

// Writer returns the name of the provider that a Set of a new key goes to unless
// the policy chooses another one, "" if no provider of the chain is writable. A provider
// written in Go counts as writable; if it answers read_only, the Set goes to the next one.
func (c *Client) Writer() string {
	w := c.configured().writer
	if w == nil {
		return ""
	}
	return w.Name
}

// Get returns the value of key from the first provider of the chain that has
// it. A value that was found after a failed provider was skipped lists that
// provider in Degraded.
func (c *Client) Get(ctx context.Context, key Key) (Secret, error) {
	q := newRequest(c, secret.OpGet, key)
	defer q.free()
	q.run(ctx)
	return q.parts[0].secret, q.parts[0].err
}

// GetMany returns one result per key, in the order of keys. Each provider is
// asked once for all keys that are still open, so that a file which holds
// several of them is read once. A module gets thousands of keys in several calls,
// which together have the time of one.
func (c *Client) GetMany(ctx context.Context, keys []Key) []secret.Result {
	q := request{client: c, op: secret.OpGet, parts: make([]part, 0, len(keys))}
	at := make(map[Key]int, len(keys)) // a key may be asked twice, a provider is not
	for _, k := range keys {
		if _, ok := at[k]; !ok {
			at[k] = len(q.parts)
			q.parts = append(q.parts, part{key: k})
		}
	}
	q.run(ctx)
	results := make([]secret.Result, len(keys))
	for i, k := range keys {
		p := &q.parts[at[k]]
		results[i] = secret.Result{Key: k, Secret: p.secret, Err: p.err}
	}
	return results
}

// Set stores value under key in one provider: the one that [Client.At] named, else the
// first writable one of the caller's route that has the key, else the first writable one. A
// module without set is not writable, nor is one that writes files and was granted none to
// write. A provider written in Go is found out by asking: if it answers read_only or
// unsupported and does not have the key, it is passed over. If a Get would afterwards still
// return the value of an earlier provider in the chain, nothing is written and the error
// has the code shadowed, unless At named the provider. To find out, the providers of the
// route are asked whether they have the key; when one of them fails and the chain may not
// continue past it, the Set fails. A caller who may not get the key learns nothing about
// other providers: where their answer would matter, the error is conflict. Only a provider
// written in Go that declines is not passed over for such a caller, who learns from its
// error that no provider before or after it has the key. The value stays the caller's.
// Writes of one key of one provider are done one after the other; other processes may write
// in between.
func (c *Client) Set(ctx context.Context, key Key, value Secret) error {
	q := newRequest(c, secret.OpSet, key)
	defer q.free()
	q.parts[0].secret = value
	q.run(ctx)
	return q.parts[0].err
}

// Delete removes key from the provider that Set would write to. If a Get would
// afterwards still find the key in another provider, nothing is removed and the error
// has the code shadowed, unless [Client.At] named the provider: see also
// [Client.DeleteAll].
func (c *Client) Delete(ctx context.Context, key Key) error { return c.deleteOf(ctx, key, false) }

// deleteOf is Delete. With each, it is one of those that DeleteAll makes.
func (c *Client) deleteOf(ctx context.Context, key Key, each bool) error {
	q := newRequest(c, secret.OpDelete, key)
	defer q.free()
	q.each = each
	q.run(ctx)
	return q.parts[0].err
}

// Keys returns, sorted, the keys that begin with prefix and that the caller may both
// list and get, from the providers on the route of each key: each of them can be read
// with Get. Only providers on the caller's routes are asked. For a caller who may list
// nothing, the list is empty and no provider is asked. If a provider fails, so does
// the listing; a provider that cannot list is skipped. If the decision on any of the
// keys fails, the listing fails with policy_fault.
func (c *Client) Keys(ctx context.Context, prefix string) ([]Key, error) {
	out, err := c.list(ctx, prefix, listUsable)
	return out.Keys, err
}

// Listing is what [Client.List] returns.
type Listing struct {
	Keys []Key

	// LeftOut is how many names each module has left out since they are not valid keys, or
	// as links in a granted folder. Their values can be read under no key, and are not
	// masked. Names that do not begin with the prefix count as well.
	LeftOut map[string]int
}

// List is [Client.Keys] for a caller who has to know whether that is all.
func (c *Client) List(ctx context.Context, prefix string) (Listing, error) {
	return c.list(ctx, prefix, listUsable)
}

// Names is Keys for a caller who needs only the names, such as an auditor: it also
// returns the keys that the policy lets the caller list but not get.
func (c *Client) Names(ctx context.Context, prefix string) ([]Key, error) {
	out, err := c.list(ctx, prefix, listNames)
	return out.Keys, err
}

// readableKeys is Keys for all keys that the caller may get, also those that the caller
// may not list.
func (c *Client) readableKeys(ctx context.Context) ([]Key, error) {
	out, err := c.list(ctx, "", listReadable)
	return out.Keys, err
}

func (c *Client) list(ctx context.Context, prefix string, l listing) (Listing, error) {
	q := newRequest(c, secret.OpKeys, "")
	defer q.free()
	q.prefix, q.listing = prefix, l
	q.run(ctx)
	out := Listing{Keys: q.listed}
	if q.logs != nil {
		out.LeftOut = q.logs.LeftOut()
	}
	return out, q.parts[0].err
}

// Watch yields a Resync and then changes, until ctx ends or the Runtime closes. Changes
// are those made through this Runtime and those that providers written in Go report. The
// first Watch of a Runtime, by any caller, begins to watch these providers. An event is
// checked against the policy when it is delivered, and is left out when the caller may
// not watch its key or would not be routed to its provider. Events about a whole provider
// are left out too, unless some key of the caller is routed to it. A decision that fails
// ends the watch with policy_fault. A watch that begins during a Set either yields the
// event of that Set or begins after it took effect.
func (c *Client) Watch(ctx context.Context) iter.Seq2[SecretEvent, error] {
	return func(yield func(SecretEvent, error) bool) {
		seq := uint64(0) // without gaps, which would tell of events that the caller may not see
		for e, err := range c.rt.hub.Watch(ctx) {
			c.rt.feeds.begin() // now that their events are heard: the first one begins the watch
			switch {
			case err != nil:
			case e.Key != "":
				e, err = c.deliver(ctx, e)
			default:
				e, err = c.notice(e)
			}
			if err == errNotDelivered {
				continue
			}
			if err == nil {
				seq++
				e.Seq = seq
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// deliver takes one event through the pipeline. The error is errNotDelivered
// when it is not for this caller; any other error ends the watch.
func (c *Client) deliver(ctx context.Context, e SecretEvent) (SecretEvent, error) {
	q := newRequest(c, secret.OpWatch, e.Key)
	defer q.free()
	q.event = e
	q.run(ctx)
	switch err := q.parts[0].err; secret.CodeOf(err) {
	case "":
		return q.event, nil
	case secret.ErrPolicyFault:
		return SecretEvent{}, keyless(err) // the caller may not know of the key
	case secret.ErrAuditUnavailable, secret.ErrClosed:
		return SecretEvent{}, err
	}
	return SecretEvent{}, errNotDelivered
}

// notice returns an event without a key as the caller may have it, with the
// errors of deliver.
func (c *Client) notice(e SecretEvent) (SecretEvent, error) {
	if e.Provider != "" {
		if hears, err := c.hears(e.Provider); err != nil || !hears {
			return SecretEvent{}, cmp.Or(err, error(errNotDelivered))
		}
	}
	if c.rt.policy != nil {
		e.Missed = 0 // it counts events that the caller may not know of
	}
	return e, nil
}
