package codecache

import (
	"context"
	"errors"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// features is the set that preflight accepts. The engine refuses all others a
// second time.
const features = api.CoreFeaturesV2

// starting is held while an engine is made: the first one stores the version of the
// engine in a variable that all of them read.
var starting sync.Mutex

// NewRuntime returns an engine that keeps its code in the entry; with a nil Entry it
// keeps it for itself. The caller closes it.
func (e *Entry) NewRuntime(interpreter bool) wazero.Runtime {
	config := wazero.NewRuntimeConfig()
	if interpreter {
		config = wazero.NewRuntimeConfigInterpreter()
	}
	// The memory is limited by its allocator, which sees what it refuses.
	config = config.WithCoreFeatures(features)
	if cache := e.CompilationCache(); cache != nil {
		config = config.WithCompilationCache(cache)
	}
	starting.Lock()
	defer starting.Unlock()
	return wazero.NewRuntimeWithConfig(context.Background(), config)
}

// Compile compiles a module, or loads its code from the cache of r. When ctx ends, it
// returns the cause after the functions that are being compiled.
func Compile(ctx context.Context, r wazero.Runtime, wasm []byte) (wazero.CompiledModule, error) {
	// With two workers, the engine looks at the context before each function; with
	// one, never.
	return r.CompileModule(experimental.WithCompilationWorkers(ctx, 2), wasm)
}

// ErrNotCached is the error of Load for a module whose code is not in the cache.
var ErrNotCached = errors.New("the code of the module is not in the cache")

// Load loads the code of a module into r, an engine of the entry, and compiles no
// function. After an error the entry counts as not filled.
func (e *Entry) Load(r wazero.Runtime, wasm []byte) (wazero.CompiledModule, error) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(ErrNotCached) // what is in the cache is returned before the context is looked at
	m, err := Compile(ctx, r, wasm)
	if err != nil {
		e.filled = false
	}
	return m, err
}
