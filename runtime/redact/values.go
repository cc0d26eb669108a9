package redact

import (
	"bytes"
	"fmt"
	"hash/maphash"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
	"github.com/postern-project/postern/runtime/secret"
)

// large is what is made of a large value before the mutex is held, so that others do not
// wait for it.
type large struct {
	hash  uint64
	hint  hint
	fresh *value // nil if the value is known
}

// largeSize is how many bytes a large value has.
const largeSize = 4 << 10

// ahead makes what add needs of the value of e, if that is large: nil if not. The caller
// does not hold the mutex, and calls drop once add has returned.
func (r *Registry) ahead(e *Entry) (l *large) {
	_ = e.Secret.Expose(func(b []byte) error { // add reports the error
		if len(b) >= largeSize {
			l = &large{hash: maphash.Bytes(r.seed, b), hint: maskHint(e.Mask, b, r.hashKey)}
			if !r.has(l.hash, b) {
				if v, err := r.newValue(l.hash, b, e.Force); err == nil {
					l.fresh = v
				}
			}
		}
		return nil
	})
	return l
}

// drop destroys what add has not used.
func (l *large) drop() {
	if l != nil && l.fresh != nil {
		l.fresh.wipe()
	}
}

// newValue makes a value with the bytes b and their hash. The error is that there is no
// memory for a copy.
func (r *Registry) newValue(hash uint64, b []byte, force bool) (*value, error) {
	v := &value{hash: hash, why: Reason(encodings.Classify(b))}
	if v.why != searched && (!force || v.why == ReasonEmpty) {
		return v, nil
	}
	return v, r.search(v, b, force)
}

// search makes the copy of a value that is searched from now on.
func (r *Registry) search(v *value, b []byte, force bool) error {
	own, err := secret.FromBytes(bytes.Clone(b)) // which clears the clone
	if err != nil {
		return err
	}
	v.src.Store(&own)
	v.force, v.why = force, searched
	v.part = encodings.Partly(b, r.opts.spellings())
	return nil
}

// add adds a holder to the value of e: the hold h, or the registration of its key
// if h is nil. built is the search for the value, nil if there is none yet; of is what ahead
// returned. The caller holds the mutex.
func (r *Registry) add(e *Entry, h *Hold, built *Built, of *large) error {
	err := e.Secret.Expose(func(b []byte) error {
		v, fresh, err := r.valueOf(b, e.Force, of)
		if err != nil {
			return err
		}
		c := claim{registered: h == nil}
		if of != nil {
			c.hint = of.hint
		} else {
			c.hint = maskHint(e.Mask, b, r.hashKey)
		}
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
// reports whether the value has to be searched and was not before. The caller holds the
// mutex.
func (r *Registry) valueOf(b []byte, force bool, of *large) (v *value, fresh bool, err error) {
	hash := uint64(0)
	if of != nil {
		hash = of.hash
	} else {
		hash = maphash.Bytes(r.seed, b)
	}
	if v = r.find(hash, b); v != nil {
		if v.why == searched || !force || v.why == ReasonEmpty {
			return v, false, nil
		}
		return v, true, r.search(v, b, force)
	}
	if of != nil && of.fresh != nil {
		v, of.fresh = of.fresh, nil
	} else if v, err = r.newValue(hash, b, force); err != nil {
		return nil, false, err
	}
	v.next, r.values[hash] = r.values[hash], v
	r.count++
	return v, v.why == searched, nil
}

// Cost estimates how many bytes of memory masking the value of s takes: some KiB for
// letters and digits, ten times as many for bytes that are not UTF-8, more for each line
// and each string of JSON. known reports whether the value is registered or held already,
// so that it takes nothing more. The error is that of [secret.Secret.Expose].
func (r *Registry) Cost(s secret.Secret) (bytes int, known bool, err error) {
	r.sweepNow() // a value whose grace is over is not masked, although it may still be there
	err = s.Expose(func(b []byte) error {
		bytes, known = encodings.Cost(b, r.opts.spellings()), r.has(maphash.Bytes(r.seed, b), b)
		return nil
	})
	return bytes, known, err
}

// Known reports whether the value of s is registered or held already, as [Registry.Cost]
// does, and does not ask the clock: the value may be one whose grace has just ended. The
// error is that of [secret.Secret.Expose].
func (r *Registry) Known(s secret.Secret) (known bool, err error) {
	err = s.Expose(func(b []byte) error { known = r.has(maphash.Bytes(r.seed, b), b); return nil })
	return known, err
}

// has reports whether there is a value with the given bytes and their hash.
func (r *Registry) has(hash uint64, b []byte) bool {
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

// unlock releases the mutex, and then destroys the copies of the values that were forgotten
// under it, so that others do not wait for that.
func (r *Registry) unlock() {
	ended := r.ended
	r.ended = nil
	r.mu.Unlock()
	for _, src := range ended {
		src.Destroy()
	}
}

// forget removes a value from the registry. unlock wipes it.
func (r *Registry) forget(v *value) {
	if src := v.end(); src != nil {
		r.ended = append(r.ended, *src)
		size := 0
		_ = src.Expose(func(b []byte) error { size = len(b); return nil })
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
