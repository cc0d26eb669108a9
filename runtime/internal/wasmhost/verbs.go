package wasmhost

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"strings"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/listing"
	"github.com/postern-project/postern/runtime/secret"
)

// Get returns the value of one key.
func (p *Provider) Get(ctx context.Context, key secret.Key) (secret.Secret, error) {
	return p.one(ctx, key)
}

// GetMany returns the values of several keys, in their order. It calls the module
// once for each batch of keys, so that the module reads its source once for as many
// keys as fit into one request. All calls together have the time and the memory of
// one call: what does not fit is too_large. If a batch fails, every key of every batch
// has its error, as if it were one call.
func (p *Provider) GetMany(ctx context.Context, keys []secret.Key) []secret.Result {
	if len(keys) == 1 {
		value, err := p.one(ctx, keys[0])
		return []secret.Result{{Key: keys[0], Secret: value, Err: err}}
	}
	return p.getMany(ctx, keys)
}

// Set stores a value. The request that carries it is wiped afterwards.
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

// MaxAttempts is how often a write is tried if other processes keep changing the
// store.
const MaxAttempts = 16

// write runs one write at a time, since a module changes its store by reading and
// replacing it. After a conflict nothing was written, so it is safe to try again. All
// tries, and the wait for another write, have the time of one call. The code of the
// embedder is called before: it may write to the same provider.
func (p *Provider) write(ctx context.Context, op secret.Op, request []byte) error {
	deadline := p.deadline()
	ctx, levels, err := p.askEmbedder(ctx, op)
	if err != nil {
		return err
	}
	if err := put(ctx, deadline, p.writing); err != nil {
		return p.contextError(ctx, op, err)
	}
	defer func() { <-p.writing }()
	if d := capability.DecidedOf(ctx); d != nil {
		err := p.callOnInstance(ctx, levels, deadline, op, request, nil)
		if secret.CodeOf(err) == secret.ErrConflict {
			d.Conflict() // the host decides again, and tries again if the write is still allowed
		}
		return err
	}
	for range MaxAttempts - 1 {
		if err := p.callOnInstance(ctx, levels, deadline, op, request, nil); secret.CodeOf(err) != secret.ErrConflict {
			return err
		}
	}
	return p.callOnInstance(ctx, levels, deadline, op, request, nil)
}

// Keys lists the keys that begin with prefix, sorted. Names that are not valid keys
// are skipped and counted in the log.
func (p *Provider) Keys(ctx context.Context, prefix string) ([]secret.Key, error) {
	l := &lister{limits: p.o.Limits, prefix: prefix}
	if err := p.callExport(ctx, secret.OpKeys, abi.Append(nil, abi.TagPrefix, []byte(prefix)), l); err != nil {
		return nil, named(err, p.name)
	}
	if l.dropped > 0 {
		p.note(ctx, "skipped names that are not valid keys", slog.Int("count", l.dropped))
	}
	p.leaveOut(ctx, l.dropped+l.links)
	keys, err := listing.Sort(ctx, l.keys)
	if err != nil {
		return nil, p.contextError(ctx, secret.OpKeys, err)
	}
	return keys, nil
}

// Watch yields one error: modules cannot be watched yet.
func (p *Provider) Watch(context.Context) iter.Seq2[secret.Event, error] {
	return func(yield func(secret.Event, error) bool) {
		yield(secret.Event{}, &secret.Error{
			Code: secret.ErrUnsupported, Op: secret.OpWatch, Provider: p.name, Detail: "modules cannot be watched",
		})
	}
}

// keyed returns the error of a call as that of one key. It copies the error, which
// may be that of several keys.
func (p *Provider) keyed(err error, op secret.Op, key secret.Key) error {
	var e *secret.Error
	if !errors.As(err, &e) {
		return err
	}
	one := *e
	one.Op, one.Key, one.Provider = op, key, p.name
	return &one
}

// lister collects the records of postern_keys.
type lister struct {
	call    *capability.Call
	limits  Limits
	prefix  string
	keys    []secret.Key
	bytes   int64
	dropped int
	links   int  // entries of folders that the host left out
	full    bool // a limit was reached
	garbled bool // a record could not be decoded
}

var _ recordSink = (*lister)(nil)

func (l *lister) begin(i *instance) { l.call = i.call }

func (l *lister) sink() capability.Sink { return l.Add }

// What taking one key costs, besides the bytes of it.
const (
	keyUnits = 6  // of what is looked at besides its bytes
	keyCost  = 16 // bytes
)

// Add reads one record.
func (l *lister) Add(record []byte) abi.Status {
	for f, err := range abi.Fields(record) {
		l.call.Charge(capability.FieldUnits)
		if err != nil {
			l.garbled = true
			return abi.Internal
		}
		if f.Tag != abi.TagKey {
			continue
		}
		l.call.Charge(keyUnits)
		if len(f.Value) > secret.MaxKeyLen {
			l.dropped++
			continue
		}
		l.call.Charge(capability.Examined(len(f.Value)))
		key := secret.Key(f.Value)
		switch {
		case !key.Valid():
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
		l.call.Hold(len(key) + keyCost)
		l.keys = append(l.keys, key)
	}
	return abi.OK
}

// Fault reports a record that could not be decoded, or a limit.
func (l *lister) Fault(bool) error {
	switch {
	case l.garbled:
		return capability.ProtocolError{Detail: "the module emitted a record that cannot be decoded"}
	case l.full:
		return &secret.Error{
			Code: secret.ErrTooLarge, Op: secret.OpKeys,
			Detail: "the listing exceeds its limit, limits.keys or limits.listing; use a longer prefix",
		}
	}
	return nil
}
