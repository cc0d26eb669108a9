package module

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"runtime/debug"
	"time"

	"github.com/postern-project/postern/runtime/internal/codecache"
)

// The limits of a process of CompileChild. A module that is estimated to need nearly as
// much is refused before it is compiled.
const (
	ChildMemory = 1 << 30          // 1 GiB of memory
	ChildTime   = 10 * time.Second // 10 s of processor time

	LargeChildMemory = 2 << 30         // 2 GiB, for a module that is accepted as a large one
	LargeChildTime   = 5 * time.Minute // 5 minutes, for such a module
)

// CompileChild is the main function of a process that compiles one module for another
// process, so that a hostile module can exhaust no more than that process: see
// CompileProcess of the Options of package runtime. Before it reads a byte it limits this
// process to [ChildMemory] and [ChildTime], or to [LargeChildMemory] and [LargeChildTime]
// if large is set, and turns core files off. It reads the module up to its end, and leaves
// the compiled code in the open folder cache; if that is nil or cannot be used, it only
// shows that the module can be compiled. A module that the compiler refuses is an *[Error]
// with the reason [Malformed]. A process that exceeds its limits is killed or ends with a
// message of the Go runtime, so the other process believes nothing but a successful end.
//
// It works on Linux and macOS. Elsewhere it returns [errors.ErrUnsupported] and reads nothing.
func CompileChild(ctx context.Context, module, cache *os.File, large bool) error {
	if large {
		return compileWithin(ctx, module, cache, LargeChildMemory, LargeChildTime)
	}
	return compileWithin(ctx, module, cache, ChildMemory, ChildTime)
}

func compileWithin(ctx context.Context, module, cache *os.File, memory uint64, cpu time.Duration) error {
	if err := limitProcess(memory, cpu); err != nil {
		return fmt.Errorf("limit the process: %w", err)
	}
	debug.SetMemoryLimit(int64(min(memory-memory/8, math.MaxInt64))) // collect garbage before it counts
	wasm, err := io.ReadAll(io.LimitReader(module, maxMetered+1))
	if err != nil {
		return fmt.Errorf("read the module: %w", err)
	}
	if len(wasm) > maxMetered {
		return refuse(Malformed, "more than %d bytes", maxMetered)
	}
	err = codecache.Fill(ctx, wasm, cache)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	if err != nil {
		return refuse(Malformed, "not valid WebAssembly") // the text of the compiler may quote the module
	}
	return nil
}

// maxMetered is the size of the largest module that is read. It arrives with its
// fuel meter, which takes less than the code itself.
const maxMetered = 4 * MaxSize
