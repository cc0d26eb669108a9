package wasmhost

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/codecache"
	"github.com/postern-project/postern/runtime/internal/slab"
	"github.com/postern-project/postern/runtime/secret"
)

// Options configures one provider.
type Options struct {
	Name string
	Wasm []byte // must not change while the provider is open
	// Builtin says that Wasm is a module of package modules. Its tests check the
	// code: reading every instruction again would cost a shell more than running the
	// module. All limits are checked here too.
	Builtin bool

	Config map[string]string // request of the module's postern_open
	Public []string          // names of Config whose values need no masking
	Grant  all.Grants
	Dir    string // folder of the relative paths in the grant
	Mode   Mode
	Limits Limits
	Fuel   int64            // of one call of an export, a unit for at most wasmbin.Stretch instructions; 0 is 2^36
	Cache  *codecache.Cache // shared compiled code; nil compiles for this provider alone
	Owner  slab.Owner       // owns the values that the module returns

	// Known returns the Secret that was released last for a key, if it has these bytes and
	// this version: then the provider returns that one instead of making another. It must
	// not keep a slice. If Known is nil, every Secret is new.
	Known func(key secret.Key, value, version []byte) (secret.Secret, bool)

	// CompileProcess compiles a module that is not built in, in another process, before
	// this process does: see [runtime.Options].
	CompileProcess func(ctx context.Context, wasm []byte, cache *os.File, large bool) error

	// NeedsNoKV says that the module works without postern_kv_v1, although it imports it:
	// where Limits.KV turns that off, it has a store that takes nothing.
	NeedsNoKV bool

	// Linger is how long compiling continues after the deadline of its last caller has
	// passed; 0 is 10 s, and 5 minutes for a module that may be large.
	Linger time.Duration

	Environ     func() []string  // nil is os.Environ
	Now         func() time.Time // nil is time.Now
	Log         *slog.Logger     // nil discards
	Interpreter bool             // run without generating machine code
}

// LargeModule is the Limits.Module that accepts modules that are expensive to compile.
const LargeModule = "large"

// Limits bound one provider. A field that is zero, or negative but for KV, means its default,
// which WithDefaults sets.
type Limits struct {
	Value       int64         // bytes of a value, never above secret.MaxValueLen
	Call        time.Duration // one call, instantiation included
	MemoryPages uint32        // pages of 64 KiB of one instance
	Module      string        // "large" accepts modules that are expensive to compile
	Instances   int           // at a time
	KV          int64         // bytes that postern_kv_v1 keeps; negative turns it off
	Keys        int           // in one listing
	Listing     int64         // bytes of all keys of one listing
	CallMemory  int64         // bytes that the host keeps for one call, and that one call returns
	MaskMemory  int64         // bytes to mask what a module returned within the grace; the runtime's own
}

// WithDefaults returns l with the default in each field that is zero or, but for KV,
// negative.
func (l Limits) WithDefaults() Limits {
	l.Value = min(orDefault(l.Value, 1<<20), secret.MaxValueLen)
	l.Call = orDefault(l.Call, 10*time.Second)
	l.MemoryPages = orDefault(l.MemoryPages, 256)
	l.Instances = orDefault(l.Instances, 8)
	l.KV = cmp.Or(l.KV, 16<<20)
	l.Keys = orDefault(l.Keys, 100_000)
	l.Listing = orDefault(l.Listing, 16<<20)
	l.CallMemory = orDefault(l.CallMemory, 64<<20)
	l.MaskMemory = orDefault(l.MaskMemory, 256<<20)
	return l
}

func orDefault[T ~int | ~int64 | ~uint32](v, def T) T {
	if v <= 0 {
		return def
	}
	return v
}

func (o *Options) linger() time.Duration {
	switch {
	case o.Linger != 0:
		return o.Linger
	case o.large():
		return 5 * time.Minute
	}
	return 10 * time.Second
}

// large reports whether the module may be large: a built-in one is not checked.
func (o *Options) large() bool { return o.Limits.Module == LargeModule }
