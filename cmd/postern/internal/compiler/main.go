package compiler

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/postern-project/postern/runtime/module"
)

// Request is the only argument of a process that compiles. On any other command line
// it has no meaning.
const Request = "__compile"

// The exit codes of such a process.
const (
	exitInvalid = 65 // the compiler refuses the module
	exitFailed  = 70
)

// cacheDescriptor is the open folder of the cache, if there is one.
const cacheDescriptor = 3

// Main compiles the module on stdin, which must be a file, and returns the exit code.
func Main(ctx context.Context, stdin io.Reader, stderr io.Writer) int {
	from, ok := stdin.(*os.File)
	if !ok {
		return exitFailed
	}
	cache := os.NewFile(cacheDescriptor, "cache")
	if info, err := cache.Stat(); err != nil || !info.IsDir() {
		cache = nil
	}
	err := module.CompileChild(ctx, from, cache)
	if err == nil {
		return 0
	}
	_, _ = io.WriteString(stderr, "postern: error: "+err.Error()+"\npostern: hint: postern help module\n")
	if errors.As(err, new(*module.Error)) {
		return exitInvalid
	}
	return exitFailed
}
