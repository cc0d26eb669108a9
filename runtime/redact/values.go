package redact

import (
	"bytes"
	"fmt"
	"hash/maphash"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
	"github.com/postern-project/postern/runtime/secret"
)

// add adds a holder to the value of e: the hold h, or the registration of its key
// if h is nil. built is the search for the value, nil if there is none yet. The caller holds
// the mutex, as for all functions in this file.
func (r *Registry) add(e *Entry, h *Hold, built *Built) error {
	err := e.Secret.Expose(func(b []byte) error {
		v, fresh, err := r.valueOf(b, e.Force)
		if err != nil {
			return err
		}
		c := claim{registered: h == nil, hint: maskHint(e.Mask, b, r.hashKey)}
		l := v.claim(e.Key, c)
		if h != nil {
			h.val, h.label, h.hint = v, l, c.hint
		}
		switch { // not before it has a mask
		case fresh && built != nil:
			r.index.AddBuilt(v, built.search)
		case fresh:
			r.index.Add(v)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("redact %q: %w", e.Key, err)
	}
	return nil
}

// valueOf returns the value with the bytes b, which it makes if there is none. fresh
// reports whether the value has to be searched and was not before.
func (r *Registry) valueOf(b []byte, force bool) (v *value, fresh bool, err error) {
	hash := maphash.Bytes(r.seed, b)
	v = r.find(hash, b)
	known := v != nil
	if !known {
		v = &value{hash: hash, why: Reason(encodings.Classify(b))}
	}
	if v.why == searched {
		fresh = !known
	} else {
		fresh = force && v.why != ReasonEmpty
	}
	if fresh {
		own, err := secret.FromBytes(bytes.Clone(b)) // which clears the clone
		if err != nil {
			return nil, false, err
		}
		v.src.Store(&own)
		v.force, v.why = force, searched
		v.part = encodings.Partly(b, r.opts.spellings())
	}
	if !known {
		v.next, r.values[hash] = r.values[hash], v
		r.count++
	}
	return v, fresh, nil
}

// Cost estimates how many bytes of memory masking the value of s takes: some KiB for
// letters and digits, ten times as many for bytes that are not UTF-8, more for each line
// and each string of JSON. known reports whether the value is registered or held already,
// so that it takes nothing more. The error is that of [secret.Secret.Expose].
func (r *Registry) Cost(s secret.Secret) (bytes int, known bool, err error) {
	r.sweepNow() // a value whose grace is over is not masked, although it may still be there
	err = s.Expose(func(b []byte) error {
		bytes, known = encodings.Cost(b, r.opts.spellings()), r.has(b)
		return nil
	})
	return bytes, known, err
}

func (r *Registry) has(b []byte) bool {
	hash := maphash.Bytes(r.seed, b)
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.find(hash, b) != nil
}

// find returns the value with the given bytes and their hash, nil if there is
// none.
func (r *Registry) find(hash uint64, b []byte) *value {
	v := r.values[hash]
	for v != nil && !v.is(b) {
		v = v.next
	}
	return v
}

// forget removes a value from the registry and wipes it.
func (r *Registry) forget(v *value) {
	if size, searched := v.wipe(); searched {
		r.index.Gone(size)
	}
	r.count--
	if r.values[v.hash] == v {
		if v.next == nil {
			delete(r.values, v.hash)
		} else {
			r.values[v.hash] = v.next
		}
		return
	}
	for u := r.values[v.hash]; u != nil; u = u.next {
		if u.next == v {
			u.next = v.next
		}
	}
}

// all calls f with each value.
func (r *Registry) all(f func(*value)) {
	for _, v := range r.values {
		for ; v != nil; v = v.next {
			f(v)
		}
	}
}
