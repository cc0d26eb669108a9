package redact

import (
	"crypto/rand"
	"fmt"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-project/postern/runtime/secret"
)

// DefaultGrace is how long a retired value is still masked.
const DefaultGrace = 10 * time.Minute

// Options change a [Registry]. The zero value is what most want.
type Options struct {
	// Grace is how long a value is masked after [Registry.Retire]: programs
	// go on printing the old one for a while. 0 is DefaultGrace.
	Grace time.Duration
	// Forms is what is searched of each value; 0 is AllForms.
	Forms Forms
	// JSONLeaves also searches the strings of 8 bytes and more inside of
	// values that are JSON objects or arrays.
	JSONLeaves bool
	// Now is the clock for Grace; nil is time.Now.
	Now func() time.Time
}

// Forms chooses the forms of a value that are searched.
type Forms int

const (
	AllForms Forms = iota // the value and all its encodings
	RawForms              // the value and its lines as they are, which is faster
)

// Registry is the set of live values. It keeps handles, never bytes: what is on
// the Go heap of a value are seeded hashes. Make it with [New].
//
// All methods may be called by several goroutines at once. Readers take no
// lock, but for the first one after AddLater.
type Registry struct {
	seed maphash.Seed
	// hashKey keys the hashes that masks show: who has it can test guesses.
	hashKey [32]byte
	opts    Options
	set     atomic.Pointer[set] // what readers search
	stale   atomic.Bool         // AddLater added values that set does not have yet
	scans   sync.Pool           // of *scan

	mu     sync.Mutex
	values map[uint64]*value // by hash
	ending map[uint64]*value // those with a key that is retired
	levels levels
	merges sync.WaitGroup // the goroutine that merges levels
}

// New returns an empty registry.
func New(opts Options) *Registry {
	if opts.Grace == 0 {
		opts.Grace = DefaultGrace
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	r := &Registry{seed: maphash.MakeSeed(), opts: opts, values: map[uint64]*value{}, ending: map[uint64]*value{}}
	rand.Read(r.hashKey[:]) // never fails
	r.scans.New = func() any { return newScan() }
	r.set.Store(&set{})
	return r
}

// Entry is one value for [Registry.AddAll].
type Entry struct {
	Key    string
	Secret secret.Secret
	// Force searches the value however short or common it is.
	Force bool
	// Mask says what the mask of the key shows of the value, after the key:
	// "[REDACTED:key:cdef]". The zero Mask shows nothing. A part that could
	// break JSON or a shell word is left out.
	Mask Mask
}

// Add makes the value of s masked as "[REDACTED:key]" from now on, until
// [Registry.Remove] or [Registry.Retire]. It may be known under several keys;
// the smallest names the mask. Values that cannot be told from ordinary text
// (see [Reason]) are kept but not searched, and listed by [Registry.Status].
// The error is that of [secret.Secret.Expose].
func (r *Registry) Add(key string, s secret.Secret) error {
	return r.AddAll([]Entry{{Key: key, Secret: s}})
}

// AddAll is [Registry.Add] for many values, which costs less than one by one. On
// error the other values are added all the same.
func (r *Registry) AddAll(entries []Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var failed error
	for i := range entries {
		e := &entries[i]
		if err := r.add(e, e.Secret); err != nil && failed == nil {
			failed = fmt.Errorf("redact %q: %w", e.Key, err)
		}
	}
	r.sweep()
	r.build()
	return failed
}

// AddLater is [Registry.AddAll] of one value that leaves the work to the next
// search: a program that prints nothing pays next to nothing for the values that
// it reads. Until then the secret must not be destroyed.
func (r *Registry) AddLater(e Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.add(&e, e.Secret); err != nil {
		return fmt.Errorf("redact %q: %w", e.Key, err)
	}
	r.stale.Store(true)
	return nil
}

// current returns what readers search, built anew if values wait to be in it.
func (r *Registry) current() *set {
	if r.stale.Load() {
		r.refresh()
	}
	return r.set.Load()
}

func (r *Registry) refresh() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stale.Load() {
		r.build()
	}
}

// build makes all values what readers search. The caller holds the mutex.
func (r *Registry) build() {
	if len(r.levels.young.vals) > 2*youngSize {
		r.compact()
	} else {
		r.publish()
	}
	// Only now: a reader that comes meanwhile must wait for the new sieves.
	r.stale.Store(false)
}

// add adds one value to the youngest level.
func (r *Registry) add(e *Entry, src source) error {
	hash, why, err := weigh(r.seed, src)
	if err != nil {
		return err
	}
	shown := ""
	if err := src.Expose(func(b []byte) error { shown = show(e.Mask, b, r.hashKey[:]); return nil }); err != nil {
		return err
	}
	force := e.Force
	v := r.values[hash]
	if v == nil || force && v.why != searched {
		old := v
		v = &value{hash: hash, why: why, force: force}
		v.src.Store(&src)
		if force && why != ReasonEmpty {
			v.why = searched
		}
		if old != nil {
			v.keys = old.keys
		}
		r.values[hash] = v
		if v.why == searched {
			r.levels.young.vals = append(r.levels.young.vals, v)
			r.levels.young.sieve = nil
		}
	}
	v.hold(e.Key, shown)
	return nil
}

// Remove stops masking the value of s as one of key, at once. It does nothing
// if that is not known, or s was destroyed.
func (r *Registry) Remove(key string, s secret.Secret) {
	r.end(key, s, r.opts.Now())
}

// Retire stops masking the value of s as one of key at the first change, or
// look at the status, after the grace is over. It is for the old value after a
// rotation. It does nothing if that is not known, or s was destroyed.
func (r *Registry) Retire(key string, s secret.Secret) {
	r.end(key, s, r.opts.Now().Add(r.opts.Grace))
}

// end lets key go at the given time.
func (r *Registry) end(key string, src source, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	hash, _, err := weigh(r.seed, src)
	v := r.values[hash]
	if err != nil || v == nil {
		return
	}
	v.retire(key, at)
	r.ending[hash] = v
	r.sweep()
}

// sweep drops what has been retired for long enough. Its patterns stay in the
// sieves, dead, until the next merge; its secret is let go now.
func (r *Registry) sweep() {
	if len(r.ending) == 0 {
		return
	}
	now := r.opts.Now()
	for hash, v := range r.ending {
		v.expire(now)
		if len(v.keys) == 0 {
			delete(r.values, hash)
		}
		if v.retired() == 0 {
			delete(r.ending, hash)
		}
	}
}

// Len is the number of distinct values, those in their grace and those that
// are not searched included.
func (r *Registry) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep()
	return len(r.values)
}

// Close forgets all values and waits for work in the background. Writers and
// handlers of a closed registry mask nothing; close them first. Values added
// later are masked again.
func (r *Registry) Close() {
	r.mu.Lock()
	r.values, r.ending = map[uint64]*value{}, map[uint64]*value{}
	r.levels = levels{turn: r.levels.turn + 1}
	r.set.Store(&set{})
	r.mu.Unlock()
	r.merges.Wait()
}
