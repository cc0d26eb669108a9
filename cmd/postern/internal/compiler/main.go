package compiler

import (
	"context"
	"errors"
	"fmt"
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

// What such a process writes: to stdout its limits, in bytes and in seconds, once it has
// compiled the module; to stderr why it has not.
const (
	limitsLine  = "limits %d %d\n"
	errorPrefix = "postern: error: "
)

// Main compiles the module on stdin, which must be a file, and returns the exit code.
// To stdout it writes the limits that it had, for [Limits].
func Main(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer, large bool) int {
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
		if memory, seconds, err := ownLimits(); err == nil {
			_, _ = fmt.Fprintf(stdout, limitsLine, memory, seconds)
		}
		return 0
	}
	_, _ = io.WriteString(stderr, errorPrefix+err.Error()+"\npostern: hint: postern help module\n")
	if errors.As(err, new(*module.Error)) {
		return exitInvalid
	}
	return exitFailed
}
