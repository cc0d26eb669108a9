package wasmhost

import (
	"context"
	"errors"
	"time"

	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/secret"
)

// many is a request for several keys, for which the module may be called many times: for
// each batch, and for the keys that did not fit into the memory of one call beside others.
// Between the calls it keeps the results, and nothing for a call that was made again.
type many struct {
	p        *Provider
	deadline time.Time // of all calls together
	left     int64     // bytes that may still be kept for results
	keys     []secret.Key
	results  []secret.Result // of the keys
}

// getMany is GetMany for any number of keys.
func (p *Provider) getMany(ctx context.Context, keys []secret.Key) []secret.Result {
	m := &many{p: p, deadline: p.deadline(), left: p.o.Limits.CallMemory, keys: keys, results: make([]secret.Result, len(keys))}
	for at := 0; at < len(keys); {
		n := p.batch(keys[at:])
		if err := m.batch(ctx, at, n); err != nil {
			destroy(m.results)
			return p.failed(keys, err)
		}
		at += n
	}
	return m.results
}

// batch asks for n keys, the first of which is at. If the memory of the module, or what
// the host keeps for a call, is too small for all of them, it asks again for those that did
// not fit, or for each half: one large value is the failure of one key, not of those
// beside it. The error is that of a call, which every key then has.
func (m *many) batch(ctx context.Context, at, n int) error {
	order := make([]int, n) // the places of the keys, of which each call takes a part
	for i := range order {
		order[i] = at + i
	}
	asked := make([]secret.Key, 0, n)
	// Each part is asked for until nothing of it is left. Parts are halves of halves, so
	// that there are never many.
	for parts := [][]int{order}; len(parts) > 0; {
		last := len(parts) - 1
		part := parts[last]
		parts = parts[:last]
		if err := m.over(ctx); err != nil {
			return err
		}
		asked = asked[:0]
		for _, i := range part {
			asked = append(asked, m.keys[i])
		}
		again, err := m.call(ctx, part, asked)
		switch {
		case err != nil:
			return err
		case len(again) == len(part):
			parts = append(parts, part[len(part)/2:], part[:len(part)/2])
		case len(again) > 0:
			parts = append(parts, again)
		}
	}
	return nil
}

// over returns the error of a request whose time is over, or whose caller gave up.
func (m *many) over(ctx context.Context) error {
	switch err := ctx.Err(); {
	case err != nil:
		return m.p.contextError(ctx, secret.OpGet, err)
	case time.Until(m.deadline) <= 0:
		return m.p.contextError(ctx, secret.OpGet, context.DeadlineExceeded)
	}
	return nil
}

// call makes one call, for the keys at the places in part. It moves the places of those
// that are to be asked for again, which did not fit, to the front of part, and returns
// these.
func (m *many) call(ctx context.Context, part []int, asked []secret.Key) (again []int, err error) {
	r := newReplies(m.p, asked, m.left)
	err = m.p.callExportUntil(ctx, m.deadline, secret.OpGet, r.request(), r)
	if err != nil {
		destroy(r.results)
	}
	switch {
	case err == nil:
	case !tooLargeTogether(err):
		return nil, err
	case len(part) > 1:
		return part, nil
	default:
		m.results[part[0]] = m.p.failed(asked, err)[0]
		m.left -= errorCost
		return nil, nil
	}
	m.left = r.left
	crowded := 0
	for i, res := range r.results {
		if errors.Is(res.Err, errCrowded) {
			part[crowded] = part[i]
			crowded++
			continue
		}
		m.results[part[i]] = res
	}
	return part[:crowded], nil
}

// destroy wipes values that nobody is given. No caller has a handle on them yet, except
// on those that were known.
func destroy(results []secret.Result) {
	for i := range results {
		if cell := secret.CellOf(results[i].Secret); cell != nil {
			cell.FreeUnshared()
		}
	}
}

// tooLargeTogether reports whether a call might have succeeded for fewer keys.
func tooLargeTogether(err error) bool {
	if errors.Is(err, capability.ErrMemory) {
		return true
	}
	var e *secret.Error
	return errors.As(err, &e) && e.Op == secret.OpGet && NeededMemory(err)
}

// failed returns err for every key. An error replaces all answers: a module that
// broke the ABI for one key is not trusted for another.
func (p *Provider) failed(keys []secret.Key, err error) []secret.Result {
	results := make([]secret.Result, len(keys))
	for i, key := range keys {
		results[i] = secret.Result{Key: key, Err: p.keyed(err, secret.OpGet, key)}
	}
	return results
}

const (
	// maxBatch is how many keys one request has at most. A module holds a request
	// several times over, as bytes and as the keys that it decodes, some 100 bytes
	// each with what its language adds: 8,192 keys take about 1 MiB of its memory,
	// of which it has 16 MiB by default.
	maxBatch = 8192
	// memoryShare is the part of a module's memory that one request may take, so
	// that long keys and small memories leave the rest to the work.
	memoryShare = 32
)

// batch returns how many of the keys go into the next request: at least one.
func (p *Provider) batch(keys []secret.Key) int {
	const header = 6 // of a field
	left := int64(p.o.Limits.MemoryPages) * (pageBytes / memoryShare)
	for i, key := range keys[:min(len(keys), maxBatch)] {
		left -= header + int64(len(key))
		if left < 0 && i > 0 {
			return i
		}
	}
	return min(len(keys), maxBatch)
}
