package chain

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/postern-project/postern/runtime/internal/listing"
	"github.com/postern-project/postern/runtime/secret"
)

// Link is one place in a chain.
type Link struct {
	Name     string
	Source   Source
	Writable bool // may be the writer when none is named
	Go       bool // a Go value: whether it offers a write is seen when it is asked
	Grants   bool // it has files in its grant, and would be Writable with write: true

	// ContinueWhenUnavailable lets the chain continue past this link when it is
	// unavailable, throttled, timed out or stale. A refusal or a broken module
	// always ends the chain.
	ContinueWhenUnavailable bool
}

// sequence is the Source over links. It is immutable and safe for concurrent use.
// It is not exported: a chain is only ever used as a Source.
type sequence struct {
	links []Link
	now   func() time.Time
}

var _ Source = (*sequence)(nil)

// New returns a Source that asks links in order. now is the clock that times the
// attempts listed in errors.
func New(links []Link, now func() time.Time) Source {
	return &sequence{links: slices.Clone(links), now: now}
}

// Get asks the links in order and returns the first value. Its Degraded lists the
// links that failed and were skipped.
func (c *sequence) Get(ctx context.Context, key secret.Key) (secret.Secret, error) {
	w := walk{op: secret.OpGet, key: key}
	for i := range c.links {
		l := &c.links[i]
		start := c.now()
		v, err := l.Source.Get(ctx, key)
		if err == nil {
			return w.found(v, l), nil
		}
		if !w.proceeds(ctx, l, err, c.now().Sub(start)) {
			return secret.Secret{}, w.stop(err)
		}
	}
	return secret.Secret{}, w.end()
}

// GetMany asks each link once, for the keys that have no result yet.
func (c *sequence) GetMany(ctx context.Context, keys []secret.Key) []secret.Result {
	results := make([]secret.Result, len(keys))
	walks := make([]walk, len(keys))
	open := make([]int, len(keys)) // indexes of keys without an answer
	for i, k := range keys {
		results[i].Key, walks[i], open[i] = k, walk{op: secret.OpGet, key: k}, i
	}
	for n := 0; n < len(c.links) && len(open) > 0; n++ {
		open = c.ask(ctx, &c.links[n], results, walks, open)
	}
	for _, i := range open {
		results[i].Err = walks[i].end()
	}
	return results
}

// ask asks one link for the open keys and returns those that remain open.
func (c *sequence) ask(ctx context.Context, l *Link, results []secret.Result, walks []walk, open []int) []int {
	keys := make([]secret.Key, len(open))
	for n, i := range open {
		keys[n] = results[i].Key
	}
	start := c.now()
	answers := l.Source.GetMany(ctx, keys)
	took := c.now().Sub(start)
	var left []int
	for n, i := range open {
		switch err := answers[n].Err; {
		case err == nil:
			results[i].Secret = walks[i].found(answers[n].Secret, l)
		case walks[i].proceeds(ctx, l, err, took):
			left = append(left, i)
		default:
			results[i].Err = walks[i].stop(err)
		}
	}
	return left
}

// Set writes to the first writable link. It never falls back to another one.
func (c *sequence) Set(ctx context.Context, key secret.Key, value secret.Secret) error {
	l, err := c.writer(secret.OpSet, key)
	if err != nil {
		return err
	}
	return l.Source.Set(ctx, key, value)
}

// Delete removes the key from the first writable link only.
func (c *sequence) Delete(ctx context.Context, key secret.Key) error {
	l, err := c.writer(secret.OpDelete, key)
	if err != nil {
		return err
	}
	return l.Source.Delete(ctx, key)
}

func (c *sequence) writer(op secret.Op, key secret.Key) (*Link, error) {
	for i := range c.links {
		if c.links[i].Writable {
			return &c.links[i], nil
		}
	}
	detail := "no provider of the chain is writable" + c.names()
	if slices.ContainsFunc(c.links, func(l Link) bool { return l.Grants }) {
		detail += "; write: true in the grant of a file makes it writable"
	}
	return nil, &secret.Error{Code: secret.ErrReadOnly, Op: op, Key: key, Detail: detail}
}

// Keys returns the union of what the links list, sorted: see [List].
func (c *sequence) Keys(ctx context.Context, prefix string) ([]secret.Key, error) {
	found, err := List(ctx, c.links, prefix, c.now)
	if err != nil {
		return nil, err
	}
	keys := make([]secret.Key, len(found))
	for i, f := range found {
		keys[i] = f.Key
	}
	return slices.Compact(keys), nil
}

// Listed is one key of one provider.
type Listed struct {
	Key      secret.Key
	Provider string
}

// List returns what the links list, sorted by key and then in the order of the
// links; each of them lists its own sorted. Links that cannot list or are not configured
// here are skipped. Any other error fails the listing, because an incomplete list would look
// complete. The error is unsupported if no link can list, load_failed if none is configured.
// now is the clock that times the attempts listed in errors.
func List(ctx context.Context, links []Link, prefix string, now func() time.Time) ([]Listed, error) {
	w := walk{op: secret.OpKeys}
	var all []Listed
	listed := false
	var unable error
	for i := range links {
		l := &links[i]
		start := now()
		keys, err := l.Source.Keys(ctx, prefix)
		code := secret.CodeOf(err)
		switch {
		case err == nil:
			listed = true
			if all, err = merge(ctx, all, keys, l.Name); err != nil {
				return nil, (&secret.Error{Code: secret.CodeOf(err), Op: secret.OpKeys, Provider: l.Name}).Wrap(err)
			}
			continue
		case code == secret.ErrUnsupported:
			unable = err
			continue
		}
		w.proceeds(ctx, l, err, now().Sub(start))
		if code != secret.ErrNotFound && code != secret.ErrNotConfigured {
			return nil, w.stop(err)
		}
	}
	switch {
	case !listed && unable != nil:
		return nil, unable
	case !listed:
		return nil, w.end()
	}
	return all, nil
}

// merge returns what was listed before together with the keys of one more provider.
func merge(ctx context.Context, before []Listed, keys []secret.Key, provider string) ([]Listed, error) {
	more := make([]Listed, len(keys))
	for i, k := range keys {
		more[i] = Listed{k, provider}
	}
	if len(before) == 0 {
		return more, nil
	}
	all := make([]Listed, len(before)+len(more))
	err := listing.Merge(ctx, all, before, more, func(a, b Listed) int { return cmp.Compare(a.Key, b.Key) })
	return all, err
}

// Watch is unsupported: the runtime merges the events of its providers itself.
func (c *sequence) Watch(context.Context) iter.Seq2[secret.Event, error] {
	return func(yield func(secret.Event, error) bool) {
		yield(secret.Event{}, &secret.Error{Code: secret.ErrUnsupported, Op: secret.OpWatch})
	}
}

// names returns the link names for the detail of an error.
func (c *sequence) names() string {
	if len(c.links) == 0 {
		return ""
	}
	var names []string
	for _, l := range c.links {
		names = append(names, l.Name)
	}
	return " (" + strings.Join(names, ", ") + ")"
}
