package runtime

import (
	"context"
	"slices"

	"github.com/postern-project/postern/runtime/internal/chain"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// GetMany returns one result per key, in the order of keys. Each provider is
// asked once for all keys that are still open, so that what lies in one file is
// read once.
func (b *Bound) GetMany(ctx context.Context, keys []Key) []secret.Result {
	done := make(map[Key]secret.Result, len(keys)) // a key may be asked twice, a source is not
	masks := make(map[Key]redact.Mask, len(keys))
	var groups []group
	for _, k := range keys {
		if _, seen := done[k]; seen {
			continue
		}
		to, err := b.admit(k)
		done[k], masks[k] = secret.Result{Key: k, Err: err}, to.mask
		if err == nil {
			defer b.rt.calls.Done()
			groups = addTo(groups, to.Chain, k)
		}
	}
	ctx, logs := wasmhost.HoldLogs(ctx)
	for _, g := range groups {
		for _, res := range g.source.GetMany(ctx, g.keys) {
			if res.Err == nil {
				res.Err = b.rt.known.add(res.Key, res.Secret, masks[res.Key])
			}
			if res.Err != nil {
				res.Secret = Secret{}
			}
			done[res.Key] = res
		}
	}
	logs.Flush(ctx, b.rt.known.mask)
	results := make([]secret.Result, len(keys))
	for i, k := range keys {
		results[i] = done[k]
	}
	return results
}

// group is the keys of a request that one source is asked for.
type group struct {
	source *chain.Chain
	keys   []Key
}

func addTo(groups []group, source *chain.Chain, key Key) []group {
	i := slices.IndexFunc(groups, func(g group) bool { return g.source == source })
	if i < 0 {
		return append(groups, group{source, []Key{key}})
	}
	groups[i].keys = append(groups[i].keys, key)
	return groups
}

// admit checks one key and decides about it; when the error is nil, the request
// is counted and the caller calls calls.Done.
func (b *Bound) admit(key Key) (way, error) {
	if err := b.begin(secret.OpGet, key); err != nil {
		return way{}, err
	}
	to, err := b.route(secret.OpGet, key)
	if err != nil {
		b.rt.calls.Done()
	}
	return to, err
}
