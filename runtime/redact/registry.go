package redact

import (
	"crypto/rand"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
	"github.com/postern-project/postern/runtime/redact/internal/match"
	"github.com/postern-project/postern/runtime/redact/mask"
	"github.com/postern-project/postern/runtime/secret"
)

// DefaultGrace is how long a retired value is still masked.
const DefaultGrace = 10 * time.Minute

// Options change a [Registry]. The zero value is what most want.
type Options struct {
	// Grace is how long a value is masked after [Registry.Retire] or
	// [Hold.Release]: programs go on printing the old one for a while. 0 is
	// DefaultGrace.
	Grace time.Duration
	// Encodings are what is searched of each value; 0 is AllEncodings.
	Encodings Encodings
	// JSONLeaves also searches the strings of 8 bytes and more inside of
	// values that are JSON objects or arrays.
	JSONLeaves bool
	// Now is the clock for Grace; nil is time.Now. It is called by several
	// goroutines at once.
	Now func() time.Time
}

// Encodings chooses in which encodings values are searched.
type Encodings int

const (
	AllEncodings Encodings = iota // the value and all its encodings
	NoEncodings                   // the value and its lines as they are, which is faster
)

// Registry is the set of live values. Make it with [New].
//
// It has its own copy of each distinct value that it searches, in protected
// memory: destroying a secret does not unmask a value. A copy is wiped when
// nothing keeps the value masked any more, and by Close. The Go heap holds
// seeded hashes, never a value.
//
// All methods may be called by several goroutines at once. Readers take no
// lock, but for the first one after AddDeferred or Hold.
type Registry struct {
	seed maphash.Seed
	// hashKey keys the hashes that masks show. With it guesses could be tested.
	hashKey [32]byte
	opts    Options
	index   *match.Index
	scans   sync.Pool // of *match.Scan

	released atomic.Pointer[Hold] // a list of those that sweep has not seen yet

	mu     sync.Mutex
	values map[uint64]*value // by hash; those with the same one are a list
	count  int               // of values
	ending endings           // those with a claim in its grace
}

// New returns an empty registry.
func New(opts Options) *Registry {
	if opts.Grace == 0 {
		opts.Grace = DefaultGrace
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	r := &Registry{seed: maphash.MakeSeed(), opts: opts, values: map[uint64]*value{}}
	rand.Read(r.hashKey[:]) // never fails
	r.index = match.NewIndex(encodings.Options{RawOnly: opts.Encodings == NoEncodings, JSONLeaves: opts.JSONLeaves})
	r.scans.New = func() any { return match.NewScan() }
	return r
}

// Mask says what the mask of a value shows of it: see package mask.
type Mask = mask.Mask

// Entry is one value for [Registry.AddAll] or [Registry.Hold].
type Entry struct {
	Key    string
	Secret secret.Secret
	// Force searches the value however short or common it is.
	Force bool
	// Mask says what the mask of the key shows of the value, after the key:
	// "[REDACTED:key:cdef]". The zero Mask shows nothing. A part that could
	// break JSON or a shell word is left out. If holders of one key want
	// different masks, the one that shows least counts; those that have let go
	// have a say only when no other is left.
	Mask Mask
}

// Add registers the value of s: it is masked as "[REDACTED:key]" from now on,
// until [Registry.Remove] or [Registry.Retire]. Adding it twice under one key is
// one registration. It may be known under several keys; the smallest names the
// mask. Values that cannot be told from ordinary text (see [Reason]) are kept
// but not searched, and listed by [Registry.Status]. s may be destroyed
// afterwards. The error is that of [secret.Secret.Expose], or of memory that the
// system refused.
func (r *Registry) Add(key string, s secret.Secret) error {
	return r.AddAll([]Entry{{Key: key, Secret: s}})
}

// AddAll is [Registry.Add] for many values, which costs less than one by one. On
// error the other values are added all the same.
func (r *Registry) AddAll(entries []Entry) error {
	err := r.addAll(entries)
	r.index.Current() // now, not in the first search
	return err
}

func (r *Registry) addAll(entries []Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep()
	var failed error
	for i := range entries {
		if err := r.add(&entries[i], nil); err != nil && failed == nil {
			failed = err
		}
	}
	return failed
}

// AddDeferred is [Registry.AddAll] of one value that leaves most of the work to
// the next search: a program that prints nothing pays next to nothing for the
// values that it reads.
func (r *Registry) AddDeferred(e Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep()
	return r.add(&e, nil)
}

// Compact makes one search structure of all values, which is the fastest to
// search, and waits for it. It is worth its time (0.4 s for 10,000 values) once
// after many calls of [Registry.Add].
func (r *Registry) Compact() { r.index.Compact() }

// current returns what is searched now.
func (r *Registry) current() *match.Set {
	if r.index.Stale() {
		r.Len() // sweeps: what is over need not be searched
	}
	return r.index.Current()
}

// Remove ends the registration of the value of s under key at once; see
// [Hold.Release] for what is held. It does nothing if there is no such
// registration, or s was destroyed.
func (r *Registry) Remove(key string, s secret.Secret) {
	r.end(key, s, time.Time{})
}

// Retire ends the registration of the value of s under key after the grace: at
// the first change of the registry, or look at its status, from then on. It is
// for the old value after a rotation. It does nothing if there is no such
// registration, or s was destroyed.
func (r *Registry) Retire(key string, s secret.Secret) {
	r.end(key, s, r.opts.Now().Add(r.opts.Grace))
}

// end ends a registration at the given time.
func (r *Registry) end(key string, s secret.Secret, until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep()
	_ = s.Expose(func(b []byte) error {
		if v := r.find(maphash.Bytes(r.seed, b), b); v != nil {
			v.unregister(key, until)
			r.settle(v, r.opts.Now())
		}
		return nil
	})
}

// Len is the number of distinct values, those in their grace and those that
// are not searched included.
func (r *Registry) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep()
	return r.count
}

// Close forgets and wipes all values and waits for work in the background.
// Writers and handlers of a closed registry mask nothing; close them first.
// Values added later are masked again. Holds from before have no effect any more.
func (r *Registry) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all(func(v *value) {
		v.wipe()
		v.claims = nil
	})
	r.values, r.count, r.ending = map[uint64]*value{}, 0, nil
	r.released.Store(nil)
	r.index.Reset()
}
