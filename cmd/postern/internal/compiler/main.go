package compiler

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/postern-project/postern/runtime/module"
)

// Request is the only argument of a process that compiles, and RequestLarge that of
// one that compiles a large module. On any other command line they have no meaning.
const (
	Request      = "__compile"
	RequestLarge = "__compile-large"
)

// Requested reports whether the arguments are those of a process that compiles, and
// whether the module may be large.
func Requested(args []string) (large, ok bool) {
	if len(args) != 1 {
		return false, false
	}
	return args[0] == RequestLarge, args[0] == Request || args[0] == RequestLarge
}

// The exit codes of such a process.
const (
	exitInvalid = 65 // the compiler refuses the module
	exitFailed  = 70
)

// cacheDescriptor is the open folder of the cache, if there is one.
const cacheDescriptor = 3

// Main compiles the module on stdin, which must be a file, and returns the exit code.
func Main(ctx context.Context, stdin io.Reader, stderr io.Writer, large bool) int {
	from, ok := stdin.(*os.File)
	if !ok {
		return exitFailed
	}
	cache := os.NewFile(cacheDescriptor, "cache")
	if info, err := cache.Stat(); err != nil || !info.IsDir() {
		cache = nil
	}
	err := module.CompileChild(ctx, from, cache, large)
	if err == nil {
		return 0
	}
	_, _ = io.WriteString(stderr, "postern: error: "+err.Error()+"\npostern: hint: postern help module\n")
	if errors.As(err, new(*module.Error)) {
		return exitInvalid
	}
	return exitFailed
}
