package runtime

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/internal/chain"
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
	cache     *wasmhost.Cache
	providers []*provider
	chain     *chain.Chain // as configured
	order     []string     // names of chain
	chains    sync.Map     // id -> *chain.Chain: other orders that the policy chose
	policy    Decider      // nil allows everything
	live      *policy.Live // the same when it follows a file, else nil
	decisions *decisions   // nil records nothing
	known     *known
	hub       *watch.Hub
	self      *Bound

	mu     sync.Mutex
	closed bool           // guarded by mu
	calls  sync.WaitGroup // requests under way; Add under mu while not closed
}

var _ secret.Provider = (*Runtime)(nil)

// Open checks the options, reads the module files and checks what they import
// against their grants. Nothing is compiled or run before a provider is asked
// for the first time. The errors have the codes load_failed, capability, and
// integrity for a module file that is not what [Options.Lock] pins.
// The caller closes the Runtime.
func Open(ctx context.Context, o Options) (*Runtime, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := &Runtime{log: o.Logger, now: o.Now, owner: slab.NewOwner()}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	if r.now == nil {
		r.now = time.Now
	}
	r.known = newKnown(o.Redactor, r.owner, r.now)
	r.hub = watch.New(r.now)
	r.cache = r.openCache(o.CompileCache)
	if err := r.openProviders(o); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	links, err := r.links(o)
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	r.chain = chain.New(links, r.now)
	r.order = r.chain.Names()
	r.self = r.For(o.Caller)
	if err := r.openPolicy(o); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	if err := r.openDecisions(o); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// openCache returns a cache in dir or, when that folder cannot be used, in
// memory: slow is better than running what others may have written.
func (r *Runtime) openCache(dir string) *wasmhost.Cache {
	c, err := wasmhost.OpenCache(dir)
	if err == nil {
		return c
	}
	r.log.Warn("compiled code is not kept on disk", "reason", err.Error())
	c, _ = wasmhost.OpenCache("") // in memory, it cannot fail
	return c
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

// Keys lists keys, for the caller of the options.
func (r *Runtime) Keys(ctx context.Context, prefix string) ([]Key, error) {
	return r.self.Keys(ctx, prefix)
}

// Watch yields changes, for the caller of the options.
func (r *Runtime) Watch(ctx context.Context) iter.Seq2[SecretEvent, error] {
	return r.self.Watch(ctx)
}

// Close ends the watches, waits for the requests under way, closes all modules
// and wipes every value that the Runtime returned: using one afterwards returns
// an error with the code closed. Closing twice does nothing.
func (r *Runtime) Close() error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil
	}
	r.closed = true
	r.mu.Unlock()

	r.hub.Close()
	r.calls.Wait()
	var errs []error
	for _, p := range r.providers {
		errs = append(errs, p.close())
	}
	if r.live != nil {
		errs = append(errs, r.live.Close())
	}
	errs = append(errs, r.decisions.close(context.Background(), r.log), r.cache.Close())
	r.known.close()
	r.owner.FreeAll()
	return errors.Join(errs...)
}

// Redactor returns the set of values that this Runtime released, for the
// program's own log handler and output: see [redact.NewHandler] and
// [redact.Registry.Writer]. It forgets them when the Runtime closes.
func (r *Runtime) Redactor() *redact.Registry { return r.known.registry }

// enter counts a request under way; the caller calls r.calls.Done.
func (r *Runtime) enter(op secret.Op, key Key) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return &secret.Error{Code: secret.ErrClosed, Op: op, Key: key, Detail: "the runtime is closed"}
	}
	r.calls.Add(1)
	return nil
}

// MemoryStatus tells how the values of this process are held.
type MemoryStatus struct {
	Values   int   // live values
	Locked   int64 // bytes that cannot be swapped out
	Unlocked int64 // bytes that the system refused to lock
}

// Memory returns the state of the protected memory, which all runtimes of the
// process share.
func Memory() MemoryStatus {
	s := slab.Stat()
	return MemoryStatus{Values: s.Cells, Locked: s.Locked, Unlocked: s.Unlocked}
}
