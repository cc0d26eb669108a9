package wasmhost

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/secret"
)

// Get asks the module for one key.
func (p *Provider) Get(ctx context.Context, key secret.Key) (secret.Secret, error) {
	a := p.GetMany(ctx, []secret.Key{key})
	return a[0].Secret, a[0].Err
}

// GetMany asks for several keys in one call of the module, so that a source is
// read once. The answers are in the order of keys.
func (p *Provider) GetMany(ctx context.Context, keys []secret.Key) []secret.Result {
	replies := newReplies(p, keys)
	if len(keys) > 0 {
		err := p.do(ctx, secret.OpGet, replies.request(), replies)
		replies.finish(err)
	}
	return replies.results
}

// Set sends the value in the module's request, which is wiped afterwards.
func (p *Provider) Set(ctx context.Context, key secret.Key, value secret.Secret) error {
	err := value.Expose(func(b []byte) error {
		if int64(len(b)) > p.o.Limits.Value {
			return tooLarge(p.o.Limits.Value)
		}
		request := make([]byte, 0, len(b)+len(key)+16)
		request = abi.Append(request, abi.TagKey, []byte(key))
		request = abi.Append(request, abi.TagValue, b)
		defer clear(request)
		return p.write(ctx, secret.OpSet, request)
	})
	return p.keyed(err, secret.OpSet, key)
}

// Delete removes the key.
func (p *Provider) Delete(ctx context.Context, key secret.Key) error {
	request := abi.Append(nil, abi.TagKey, []byte(key))
	return p.keyed(p.write(ctx, secret.OpDelete, request), secret.OpDelete, key)
}

// maxConflicts is how often a write is begun anew because another process was
// faster.
const maxConflicts = 16

// write runs one write at a time, since a module changes its store by reading
// and replacing it. On a conflict nothing was written, so it is safe to begin
// anew.
func (p *Provider) write(ctx context.Context, op secret.Op, request []byte) error {
	select {
	case p.writing <- struct{}{}:
		defer func() { <-p.writing }()
	case <-ctx.Done():
		return p.contextError(op, ctx.Err())
	}
	for range maxConflicts - 1 {
		if err := p.do(ctx, op, request, nil); secret.CodeOf(err) != secret.ErrConflict {
			return err
		}
	}
	return p.do(ctx, op, request, nil)
}

// Keys lists the keys that begin with prefix. Names that are no keys are left
// out and counted in the log.
func (p *Provider) Keys(ctx context.Context, prefix string) ([]secret.Key, error) {
	l := &listing{limits: p.o.Limits, prefix: prefix}
	if err := p.do(ctx, secret.OpKeys, abi.Append(nil, abi.TagPrefix, []byte(prefix)), l); err != nil {
		return nil, err
	}
	if l.full {
		return nil, &secret.Error{
			Code: secret.ErrTooLarge, Op: secret.OpKeys, Provider: p.name,
			Detail: "the listing exceeds the cap; ask for a longer prefix",
		}
	}
	if l.dropped > 0 {
		p.o.Log.WarnContext(ctx, "names that are no keys left out", "provider", p.name, "count", l.dropped)
	}
	slices.Sort(l.keys)
	return slices.Compact(l.keys), nil
}

// Watch is not offered by modules yet.
func (p *Provider) Watch(context.Context) iter.Seq2[secret.Event, error] {
	return func(yield func(secret.Event, error) bool) {
		yield(secret.Event{}, &secret.Error{
			Code: secret.ErrUnsupported, Op: secret.OpWatch, Provider: p.name, Detail: "modules are not watched",
		})
	}
}

// keyed returns the error of a call as that of one key. It is a copy: the error
// of one call may be that of several keys.
func (p *Provider) keyed(err error, op secret.Op, key secret.Key) error {
	var e *secret.Error
	if !errors.As(err, &e) {
		return err
	}
	one := *e
	one.Op, one.Key, one.Provider = op, key, p.name
	return &one
}

// listing collects the records of postern_keys.
type listing struct {
	limits  Limits
	prefix  string
	keys    []secret.Key
	bytes   int64
	dropped int
	full    bool
	garbled bool // a record could not be decoded
}

var _ answer = (*listing)(nil)

func (l *listing) take(record []byte) abi.Status {
	for f, err := range abi.Fields(record) {
		if err != nil {
			l.garbled = true
			return abi.Internal
		}
		if f.Tag != abi.TagKey {
			continue
		}
		key, err := secret.ParseKey(string(f.Value))
		switch {
		case err != nil:
			l.dropped++
			continue
		case !strings.HasPrefix(string(key), l.prefix):
			continue
		}
		l.bytes += int64(len(key))
		if len(l.keys) >= l.limits.Keys || l.bytes > l.limits.Listing {
			l.full = true
			return abi.TooLarge
		}
		l.keys = append(l.keys, key)
	}
	return abi.OK
}

// breach reports a listing that is not whole although the guest said so.
func (l *listing) breach() string {
	if l.garbled {
		return "the module emitted a record that cannot be decoded"
	}
	return ""
}
