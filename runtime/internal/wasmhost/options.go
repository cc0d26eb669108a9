package wasmhost

import (
	"log/slog"
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
	// Builtin says that Wasm is a module of package modules: its tests hold it to
	// the limits, and looking at every instruction again would cost a shell more
	// than running it.
	Builtin bool

	Config map[string]string // reaches the module's postern_open
	Grant  all.Grants
	Dir    string // folder that relative paths of the grant are taken from
	Mode   Mode
	Limits Limits
	Fuel   int64            // of one entry into the module, a unit for at most wasmbin.Stretch instructions; 0 is 2^36
	Cache  *codecache.Cache // shared compiled code; nil compiles for this provider alone
	Owner  slab.Owner       // of the values that the module returns

	Environ     func() []string  // nil is os.Environ
	Now         func() time.Time // nil is time.Now
	Log         *slog.Logger     // nil discards
	Interpreter bool             // run without generating machine code
}

// Limits bound one provider. A zero field means its default.
type Limits struct {
	Value       int64         // bytes of a value; 1 MiB, never above secret.MaxValueLen
	Call        time.Duration // one call, instantiation included; 10 s
	MemoryPages uint32        // 256
	Instances   int           // 8
	KV          int64         // 16 MiB
	Keys        int           // 100,000
	Listing     int64         // bytes of all keys of a listing; 16 MiB
}

// WithDefaults returns l with the default in each field that is zero.
func (l Limits) WithDefaults() Limits {
	l.Value = min(orDefault(l.Value, 1<<20), secret.MaxValueLen)
	l.Call = orDefault(l.Call, 10*time.Second)
	l.MemoryPages = orDefault(l.MemoryPages, 256)
	l.Instances = orDefault(l.Instances, 8)
	l.KV = orDefault(l.KV, 16<<20)
	l.Keys = orDefault(l.Keys, 100_000)
	l.Listing = orDefault(l.Listing, 16<<20)
	return l
}

func orDefault[T ~int | ~int64 | ~uint32](v, def T) T {
	if v <= 0 {
		return def
	}
	return v
}
