package redact

import (
	"context"
	"crypto/rand"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
	"github.com/postern-project/postern/runtime/redact/internal/match"
	"github.com/postern-project/postern/runtime/redact/mask"
	"github.com/postern-project/postern/runtime/secret"
)

// DefaultGrace is how long a value stays masked after it was retired or released.
const DefaultGrace = 10 * time.Minute

// Options configure a [Registry]. The zero value is a good default.
type Options struct {
	// Grace is how long a value stays masked after [Registry.Retire] or
	// [Hold.Release], since programs may still print it. 0 is DefaultGrace.
	Grace time.Duration
	// Encodings are those in which values are searched; 0 is AllEncodings.
	Encodings Encodings
	// JSONLeaves also masks the strings and numbers in values that are JSON objects or
	// arrays: those of 8 bytes and more, and strings of 4 bytes and more that have both
	// letters and other characters.
	JSONLeaves bool
	// Now is the clock for Grace; nil is time.Now. Several goroutines may call
	// it at once.
	Now func() time.Time
}

func (o *Options) spellings() encodings.Options {
	return encodings.Options{RawOnly: o.Encodings == NoEncodings, JSONLeaves: o.JSONLeaves}
}

// Encodings chooses in which encodings values are searched.
type Encodings int

const (
	AllEncodings Encodings = iota // the value itself and all encodings
	NoEncodings                   // only the value itself and its lines, which is faster
)

// Registry is the set of values to mask. Make it with [New].
//
// A value is masked as long as it is registered under a key ([Registry.Add]) or
// held ([Registry.Hold]), and for a grace after that. The registry has its own copy
// of each distinct value, in protected memory, so destroying a caller's secret does
// not unmask a value. A copy is wiped as soon as nothing keeps the value masked,
// and by Close. The Go heap has only seeded hashes of values.
//
// All methods may be called by several goroutines at once. Searches take no lock,
// except the first one after Add, AddDeferred or Hold.
type Registry struct {
	seed maphash.Seed
	// hashKey keys the hashes that masks show. Its holder could test guesses.
	// It is made when it is first needed, which saves short commands the time.
	hashKey func() []byte
	opts    Options
	index   *match.Index
	scans   sync.Pool // of *match.Scan

	openings atomic.Uint64          // counts calls of Close: a Hold has no effect after the next one
	released atomic.Pointer[Hold]   // a linked list of those that sweep has not seen yet
	expiring atomic.Pointer[moment] // set by ExpireInSearches: when it was called

	mu     sync.Mutex
	values map[uint64]*value // by hash; a linked list for each
	count  int               // of values
	ending endings           // labels with a claim in its grace
	ended  []secret.Secret   // copies of values that were forgotten: see unlock
}

// New returns an empty registry.
func New(opts Options) *Registry {
	if opts.Grace == 0 {
		opts.Grace = DefaultGrace
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	r := &Registry{seed: maphash.MakeSeed(), hashKey: sync.OnceValue(newKey), opts: opts, values: map[uint64]*value{}}
	r.index = match.NewIndex(opts.spellings())
	r.scans.New = func() any { return match.NewScan() }
	return r
}

// newKey returns a random key.
func newKey() []byte {
	key := make([]byte, 32)
	rand.Read(key) // never fails
	return key
}

// Mask says which part of a value is shown; see package mask.
type Mask = mask.Mask

// Entry is one value for [Registry.AddAll] or [Registry.Hold].
type Entry struct {
	Key    string
	Secret secret.Secret
	// Force masks the value even if it is short or common; see [Reason].
	Force bool
	// Mask says what is shown of the value after the key, such as
	// "[REDACTED:key:cdef]". The zero Mask shows nothing. A part that could break
	// JSON or a shell word is not shown, nor one in which a value would be masked. If
	// a value has several holders with different masks, under one key or several, the
	// one that shows the least is used: among those that have not let go, or, if all
	// have, among those in their grace.
	Mask Mask
}

// Add registers the value of s under key: from now on it is masked as
// "[REDACTED:key]", until [Registry.Remove] or [Registry.Retire]. Adding it again
// under the same key changes nothing. If it is registered under several keys, the
// smallest one is in the mask. Values that cannot be distinguished from ordinary
// text are not masked (see [Reason]), but listed by [Registry.Status]. s may be
// destroyed afterwards. The error is that of [secret.Secret.Expose], or that the
// system has no memory for the copy.
func (r *Registry) Add(key string, s secret.Secret) error {
	return r.AddAll([]Entry{{Key: key, Secret: s}})
}

// AddAll is [Registry.Add] for many values, which is cheaper than one by one. It
// returns the first error, and adds the other values nevertheless. It does most of the
// work for the next search, unless there are many more values and nobody has searched
// since the last call.
func (r *Registry) AddAll(entries []Entry) error {
	err := r.addAll(entries)
	r.index.RefreshEarly(len(entries))
	return err
}

// addChunk is how many values are added under one lock, so that other calls do not
// wait for all of them.
const addChunk = 64

func (r *Registry) addAll(entries []Entry) error {
	var failed error
	for chunk := range slices.Chunk(entries, addChunk) {
		if err := r.addSome(chunk); err != nil && failed == nil {
			failed = err
		}
	}
	return failed
}

func (r *Registry) addSome(entries []Entry) error {
	var of [addChunk]*large
	for i := range entries {
		of[i] = r.ahead(&entries[i])
		defer of[i].drop()
	}
	now := r.opts.Now() // code of the embedder: not under the lock
	r.mu.Lock()
	defer r.unlock()
	r.sweep(now)
	var failed error
	for i := range entries {
		if err := r.add(&entries[i], nil, nil, of[i]); err != nil && failed == nil {
			failed = err
		}
	}
	return failed
}

// AddDeferred is [Registry.AddAll] for one value, with most of the work deferred to
// the next search: a program that reads many values and prints little does not pay
// for it.
func (r *Registry) AddDeferred(e Entry) error {
	of := r.ahead(&e)
	defer of.drop()
	now := r.opts.Now() // code of the embedder: not under the lock
	r.mu.Lock()
	defer r.unlock()
	r.sweep(now)
	return r.add(&e, nil, nil, of)
}

// Compact builds one search structure for all values, which is the fastest to
// search. That takes 0.4 s for 10,000 values and pays off after many calls of
// [Registry.Add].
func (r *Registry) Compact() { r.index.Compact() }

// Prepare does the work that [Registry.AddDeferred] and [Registry.Hold] leave to the next
// search, so that this one need not wait for it.
func (r *Registry) Prepare() { r.index.Refresh() }

// PrepareWithin is [Registry.Prepare] that waits for no longer than the given time, if that is
// not zero, and until about 20 ms after ctx has ended: the work goes on without the caller. It
// reports whether it was done.
func (r *Registry) PrepareWithin(ctx context.Context, within time.Duration) bool {
	return r.index.RefreshWithin(ctx, within)
}

// swept is current without the values whose grace is over.
func (r *Registry) swept() *match.Set {
	if r.index.Stale() {
		r.sweepNow()
	}
	return r.current()
}

// current returns the values to search for.
func (r *Registry) current() *match.Set {
	if at := r.expiring.Load(); at != nil {
		r.expire(at)
	}
	if r.index.Stale() {
		r.index.Refresh() // without asking the clock: log handlers hold locks while they search
	}
	return r.index.Set()
}

// Remove ends the registration of the value of s under key at once. It does nothing
// if there is no such registration, or s was destroyed. Holds are not affected.
func (r *Registry) Remove(key string, s secret.Secret) {
	r.end(key, s, time.Time{})
}

// Retire ends the registration of the value of s under key after the grace, for the
// old value after a rotation. The value stays masked until the first change of the
// registry, or call of Len or Status, after that time. Retire does nothing if there
// is no such registration, or s was destroyed.
func (r *Registry) Retire(key string, s secret.Secret) {
	r.end(key, s, r.opts.Now().Add(r.opts.Grace))
}

// end ends a registration at the given time, at once if that is zero.
func (r *Registry) end(key string, s secret.Secret, until time.Time) {
	now := r.opts.Now() // code of the embedder: not under the lock
	_ = s.Expose(func(b []byte) error {
		hash := maphash.Bytes(r.seed, b) // which may take long: not under the lock either
		r.mu.Lock()
		defer r.unlock()
		r.sweep(now)
		if v := r.find(hash, b); v != nil {
			if l := v.unregister(key, until); l != nil {
				r.settle(v, l, now)
			}
		}
		return nil
	})
}

// Len returns the number of distinct values, including those in their grace and
// those that are not masked.
func (r *Registry) Len() int { return r.sweepNow() }

// sweepNow drops what has expired, and returns the number of distinct values.
func (r *Registry) sweepNow() int {
	now := r.opts.Now() // code of the embedder: not under the lock
	r.mu.Lock()
	defer r.unlock()
	r.sweep(now)
	return r.count
}

// Close removes and wipes all values, and waits for work in the background.
// Writers and handlers of a closed registry mask nothing, so close them first. The
// registry may be used again; Holds from before Close have no effect then.
func (r *Registry) Close() {
	r.mu.Lock()
	defer r.unlock()
	r.all(func(v *value) {
		v.wipe()
		v.labels = nil
	})
	r.openings.Add(1)
	r.expiring.Store(nil)
	r.values, r.count, r.ending = map[uint64]*value{}, 0, nil
	r.released.Store(nil)
	r.index.Reset()
}
