package runtime

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/postern-project/postern/runtime/audit"
	"github.com/postern-project/postern/runtime/internal/codecache"
	"github.com/postern-project/postern/runtime/internal/slab"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/internal/watch"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// Runtime serves secrets from its providers. It is safe for concurrent use and
// is itself a [SecretProvider], which acts for [Options.Caller].
type Runtime struct {
	log       *slog.Logger
	now       func() time.Time
	owner     slab.Owner
	cache     *codecache.Cache
	routes    routes
	policy    Decider      // nil allows everything
	live      *policy.Live // the same when it follows a file, else nil
	decisions *audit.Log   // nil records nothing
	released  *released
	writes    writeLocks
	hub       *watch.Hub
	feeds     feeds
	self      *Client
	status    Status   // written by Open only
	listed    []Secret // the values of Options.Mask: held, and so masked, until Close

	tickets   atomic.Uint64 // counts requests, in the order in which they began
	sealed    atomic.Bool   // nothing is released any more
	swappable atomic.Bool   // it was logged that values are not locked
	ended     chan struct{} // closed once everything that was released is unreadable

	mu     sync.Mutex
	closed bool           // guarded by mu
	calls  sync.WaitGroup // requests under way; Add under mu while not closed
	active atomic.Int64   // how many they are
}

var _ secret.Provider = (*Runtime)(nil)

// Open checks the options, reads the module files and checks what they import
// against their grants. Nothing is compiled or run before a provider is asked
// for the first time. The Runtime keeps copies of the slices and maps of the
// Options. The errors have the codes load_failed, capability, and
// integrity for a module file that is not what [Options.Lock] pins; timeout or
// canceled when ctx has ended. The caller closes the Runtime.
func Open(ctx context.Context, o Options) (*Runtime, error) {
	if err := ctx.Err(); err != nil {
		return nil, (&secret.Error{Code: secret.CodeOf(err), Op: secret.OpOpen}).Wrap(err)
	}
	if err := o.validate(); err != nil {
		return nil, err
	}
	o = o.clone()
	r := &Runtime{log: o.Logger, now: o.Now, owner: slab.NewOwner(), ended: make(chan struct{})}
	r.writes.within = wasmhost.Limits(o.Limits).WithDefaults().Call
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	if r.now == nil {
		r.now = time.Now
	}
	r.released = newReleased(o.Redactor, r.owner, redact.Options{Now: r.now})
	r.released.within = r.writes.within
	r.routes.now = r.now
	r.hub = watch.New(unfailing(r.now))
	r.cache = r.openCache(o.CompileCache)
	if err := r.openProviders(ctx, o); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	for _, open := range []func(Options) error{r.openChain, r.openPolicy, r.checkDecisive, r.openDecisions} {
		if err := open(o); err != nil {
			return nil, errors.Join(err, r.Close())
		}
	}
	r.feeds.hub, r.feeds.log, r.feeds.providers = r.hub, r.log, r.routes.providers
	r.self = r.For(o.Caller)
	if err := r.maskListed(ctx, o); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// openCache returns a cache in dir or, when that folder cannot be used, in
// memory: slow is better than running what others may have written.
func (r *Runtime) openCache(dir string) *codecache.Cache {
	c, err := codecache.Open(dir)
	if err == nil {
		return c
	}
	r.log.Log(context.Background(), cacheLevel(err), "compiled code is not kept on disk", "reason", err.Error())
	c, _ = codecache.Open("") // in memory, it cannot fail
	return c
}

// cacheLevel is the level at which an unusable cache folder is logged: a folder
// that cannot be written is how many machines are set up, anything else should
// be looked at.
func cacheLevel(err error) slog.Level {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.ENOTDIR) {
		return slog.LevelDebug
	}
	return slog.LevelWarn
}

// Get returns the value of key, for the caller of the options.
func (r *Runtime) Get(ctx context.Context, key Key) (Secret, error) { return r.self.Get(ctx, key) }

// GetMany returns one result per key, for the caller of the options.
func (r *Runtime) GetMany(ctx context.Context, keys []Key) []secret.Result {
	return r.self.GetMany(ctx, keys)
}

// Set stores value, for the caller of the options.
func (r *Runtime) Set(ctx context.Context, key Key, value Secret) error {
	return r.self.Set(ctx, key, value)
}

// Delete removes key, for the caller of the options.
func (r *Runtime) Delete(ctx context.Context, key Key) error { return r.self.Delete(ctx, key) }

// DeleteAll removes key from every writable provider, for the caller of the options: see
// [Client.DeleteAll].
func (r *Runtime) DeleteAll(ctx context.Context, key Key) error { return r.self.DeleteAll(ctx, key) }

// Keys lists keys, for the caller of the options.
func (r *Runtime) Keys(ctx context.Context, prefix string) ([]Key, error) {
	return r.self.Keys(ctx, prefix)
}

// Watch yields changes, for the caller of the options.
func (r *Runtime) Watch(ctx context.Context) iter.Seq2[SecretEvent, error] {
	return r.self.Watch(ctx)
}

// Close makes every value that the Runtime returned unreadable, ends the
// watches, waits for the requests under way, whose results are not handed out,
// and closes all modules: using a value or the Runtime afterwards returns an
// error with the code closed. A value that is being read by Expose is wiped when
// Expose returns; Close does not wait for that, and may be called inside Expose.
// A second Close returns nil once nothing can be read any more.
//
// Inside a request of any Runtime, such as in the Get of a provider or in Options.Now,
// Close does not wait while requests of its own Runtime are under way, since that may be
// one of them. In Options.CompileProcess and in the Writer of a decision log it never
// waits. Then it returns nil once nothing can be read any more, and the rest happens when
// the requests end; what goes wrong there is logged.
func (r *Runtime) Close() error {
	first, idle := r.close()
	if !first {
		<-r.ended
		return nil
	}
	r.released.seal()
	close(r.ended)
	if insideCallback(idle) {
		go func() {
			defer letFail()
			if err := r.finish(); err != nil {
				r.log.LogAttrs(context.Background(), slog.LevelWarn, "closing the runtime failed", slog.String("reason", err.Error()))
			}
		}()
		return nil
	}
	return r.finish()
}

// finish ends what is under way and closes what was opened.
func (r *Runtime) finish() error {
	r.hub.Close()
	r.feeds.close()
	if r.decisions != nil {
		r.decisions.LimitWaits()
	}
	r.calls.Wait()
	var errs []error
	for _, p := range r.routes.providers {
		errs = append(errs, p.close())
	}
	if r.live != nil {
		errs = append(errs, r.live.Close())
	}
	report := r.closeDecisions()
	errs = append(errs, r.cache.Close())
	r.released.close()
	r.listed = nil
	report()
	return errors.Join(errs...)
}

// close marks the Runtime as closed; it reports whether this call did, and whether no
// request is under way, since when none can begin.
func (r *Runtime) close() (first, idle bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false, false
	}
	r.closed = true
	r.sealed.Store(true)
	return true, r.active.Load() == 0
}

// Status returns the state of the Runtime. It may be called at any time, and the
// caller may change the result.
func (r *Runtime) Status() Status {
	s := r.status
	s.Unmasked = slices.Clone(s.Unmasked)
	return s
}

// Redactor returns the set of values that this Runtime released, for the
// program's own log handler and output: see [redact.NewHandler] and
// [redact.Registry.Writer], and for other Runtimes. It stays open when the Runtime closes,
// and masks the values for its grace period then: the first search after that drops them.
// They are wiped as well when the registry becomes unreachable, and by
// [redact.Registry.Close], at once.
func (r *Runtime) Redactor() *redact.Registry { return r.released.registry }

// enter counts a request under way and numbers it; the caller calls leave. ok is false
// once the Runtime is closed.
func (r *Runtime) enter() (ticket uint64, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return 0, false
	}
	r.calls.Add(1)
	r.active.Add(1)
	return r.tickets.Add(1), true
}

func (r *Runtime) leave() {
	r.active.Add(-1)
	r.calls.Done()
}
