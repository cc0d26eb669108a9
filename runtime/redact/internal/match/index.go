package match

import (
	"context"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// Index is a set of values that can be searched while it changes. Make it with
// [NewIndex]. All methods may be called by several goroutines at once.
type Index struct {
	seed  maphash.Seed
	opts  encodings.Options
	set   atomic.Pointer[Set] // what readers search
	stale atomic.Bool         // there are values that set does not have yet
	read  atomic.Bool         // Set was called since the last Refresh

	addMu sync.Mutex
	added []Value       // guarded by addMu: those that set does not have yet
	built []Built       // guarded by addMu: of values that were built before they were added
	room  int           // guarded by addMu: how long added may become before it is looked through
	busy  chan struct{} // guarded by addMu: closed when the refresh that runs in the background ends; nil if none does

	gone      atomic.Int64 // values that are not live any more, and that shed has not seen
	goneBytes atomic.Int64 // ... and their bytes

	mu          sync.Mutex
	generations generations    // guarded by mu
	merges      sync.WaitGroup // the goroutine that merges generations
}

// NewIndex returns an empty index.
func NewIndex(opts encodings.Options) *Index {
	x := &Index{seed: maphash.MakeSeed(), opts: opts}
	x.set.Store(&Set{})
	return x
}

// Add adds a value, which the next Refresh puts into the set. It does not wait for
// work under way. If nobody searches, what is wiped meanwhile takes no memory.
func (x *Index) Add(v Value) {
	x.addMu.Lock()
	defer x.addMu.Unlock()
	if len(x.added) >= x.room {
		x.added = live(x.added)
		x.room = max(leastRoom, 2*len(x.added))
	}
	x.added = append(x.added, v)
	x.stale.Store(true)
}

const leastRoom = 64

// Built is the search for one large value, which was built before the value is added: see
// [Index.Build].
type Built struct{ of generation }

// Build builds the search for one value without adding it, while others use x: for a value
// that takes long, so that nobody waits for it. It gives up when stop reports true, which
// several goroutines may call; ok is false then.
func (x *Index) Build(v Value, stop func() bool) (b Built, ok bool) {
	g, _, ok := newMatcher(x.seed, x.opts, []Value{v}, stop)
	return Built{g}, ok
}

// AddBuilt is Add for a value for which there is a search. v has the bytes of the value that
// it was built for, and takes its place.
func (x *Index) AddBuilt(v Value, b Built) {
	b.of.vals = []Value{v}
	b.of.matcher.vals, b.of.young = b.of.vals, false // alone for good: it is not built anew
	x.addMu.Lock()
	defer x.addMu.Unlock()
	x.built = append(liveBuilt(x.built), b)
	x.stale.Store(true)
}

// liveBuilt returns the searches for values that are still live, in the memory of list.
func liveBuilt(list []Built) []Built {
	return slices.DeleteFunc(list, func(b Built) bool { return !b.of.vals[0].Live() })
}

// Gone says that a value of so many bytes is not live any more. The next Refresh lets go of
// what was made to search for such values, once that may be much.
func (x *Index) Gone(size int) {
	x.gone.Add(1)
	x.goneBytes.Add(int64(size))
	if !x.manyGone() {
		return
	}
	x.addMu.Lock()
	defer x.addMu.Unlock()
	x.built = liveBuilt(x.built)
	x.stale.Store(true)
}

// manyGone reports whether it is time to look for values that are gone: a look costs as much
// as there are values.
func (x *Index) manyGone() bool {
	const size, share = 16 << 10, 16
	gone := x.gone.Load()
	return gone > 0 && (x.goneBytes.Load() >= size || gone*share >= int64(x.set.Load().count()))
}

// Stale reports whether there is something for Refresh to do: values that it has not put into
// the set, or many that are gone.
func (x *Index) Stale() bool { return x.stale.Load() }

// Set returns the set that the last Refresh, Compact or Reset made.
func (x *Index) Set() *Set {
	if !x.read.Load() {
		x.read.Store(true)
	}
	return x.set.Load()
}

// RefreshEarly is Refresh after count values were added, if that saves the next search
// the time. It does nothing if there are many other values and nobody has searched
// since the last Refresh: while a program adds values one after the other, each
// would be built again and again.
func (x *Index) RefreshEarly(count int) {
	if x.read.Load() || count*ratio >= x.Count() {
		x.Refresh()
	}
}

// Count returns the number of values, including those that the set does not have yet, and
// those that are wiped and not merged yet.
func (x *Index) Count() int {
	x.addMu.Lock()
	defer x.addMu.Unlock()
	return x.set.Load().count() + len(x.added) + len(x.built)
}

// Refresh makes a set with all values, unless there is one. It lets go of values that are
// gone if they are many.
func (x *Index) Refresh() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.stale.Load() {
		return
	}
	x.read.Store(false)
	if x.manyGone() {
		x.noneGone()
		x.shed()
	}
	x.addBuilt()
	if added := x.collect(); len(added) > 0 {
		x.add(added)
	}
	x.publish()
	x.settled()
}

// lateRefresh is for how long a refresh is waited for after the context has ended: a few
// values are done by then.
const lateRefresh = 20 * time.Millisecond

// RefreshWithin is Refresh that waits for no longer than the given time, if that is not zero,
// and until lateRefresh after ctx has ended: the work goes on in the background. It reports
// whether the set has all values that were added before.
func (x *Index) RefreshWithin(ctx context.Context, within time.Duration) bool {
	if !x.stale.Load() {
		return true
	}
	late := make(chan struct{})
	defer context.AfterFunc(ctx, func() {
		time.Sleep(lateRefresh)
		close(late)
	})()
	var over <-chan time.Time // nil is never over
	if within > 0 {
		timer := time.NewTimer(within)
		defer timer.Stop()
		over = timer.C
	}
	for range 2 { // the first one may have begun without the last values
		if !x.stale.Load() {
			return true
		}
		select {
		case <-x.refreshing():
		case <-late:
			return false
		case <-over:
			return false
		}
	}
	return true
}

// refreshing returns what is closed when the refresh that runs in the background ends, after
// starting one if there is none.
func (x *Index) refreshing() <-chan struct{} {
	x.addMu.Lock()
	defer x.addMu.Unlock()
	if x.busy == nil {
		done := make(chan struct{})
		x.busy = done
		go func() {
			x.Refresh()
			x.addMu.Lock()
			defer x.addMu.Unlock()
			x.busy = nil
			close(done)
		}()
	}
	return x.busy
}

// collect returns the added values. The caller holds mu.
func (x *Index) collect() []Value {
	return live(x.take()) // which may take long: not under addMu
}

// addBuilt makes generations of the values that were built before. The caller holds mu.
func (x *Index) addBuilt() {
	for _, b := range x.takeBuilt() {
		if len(live(b.of.vals)) > 0 {
			x.generations.list = append(x.generations.list, b.of)
		}
	}
}

func (x *Index) takeBuilt() []Built {
	x.addMu.Lock()
	defer x.addMu.Unlock()
	built := x.built
	x.built = nil
	return built
}

func (x *Index) take() []Value {
	x.addMu.Lock()
	defer x.addMu.Unlock()
	added := x.added
	x.added = nil
	return added
}

// settled ends a refresh: only now, since readers that come meanwhile must wait
// for the new set, and not if more values were added.
func (x *Index) settled() {
	x.addMu.Lock()
	defer x.addMu.Unlock()
	x.stale.Store(len(x.added)+len(x.built) > 0 || x.manyGone())
}

// Compact makes one matcher of all values, or as few as are possible, which is the fastest
// to search.
func (x *Index) Compact() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.addBuilt()
	if added := x.collect(); len(added) > 0 {
		x.generations.list = append(x.generations.list, generation{vals: added})
	}
	x.noneGone()
	x.compact()
	x.settled()
}

// Reset forgets all values and waits for work in the background.
func (x *Index) Reset() {
	x.forget()
	x.merges.Wait()
}

func (x *Index) forget() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.collect()
	x.takeBuilt()
	x.generations = generations{turn: x.generations.turn + 1}
	x.set.Store(&Set{})
	x.noneGone()
	x.settled()
}

func (x *Index) noneGone() {
	x.gone.Store(0)
	x.goneBytes.Store(0)
}
