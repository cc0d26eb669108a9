// Command postern reads and writes secrets through sandboxed providers.
package main

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/postern-project/postern/cmd/postern/internal/cli"
	"github.com/postern-project/postern/cmd/postern/internal/signals"
)

func main() {
	environ := os.Environ()
	putOffGarbage(environ)
	code, by := cli.Main(context.Background(), os.Args, environ, os.Stdin, os.Stdout, os.Stderr)
	signals.Die(by)
	os.Exit(code)
}

// putOffGarbage lets the heap grow to 16 MiB, instead of 4, before garbage is collected
// for the first time: most commands end before. Then the rate is the usual one again. It
// does nothing if the environment says when to collect.
func putOffGarbage(environ []string) {
	if slices.ContainsFunc(environ, func(entry string) bool {
		return strings.HasPrefix(entry, "GOGC=") || strings.HasPrefix(entry, "GOMEMLIMIT=")
	}) {
		return
	}
	const first, usual = 400, 100
	debug.SetGCPercent(first)
	runtime.AddCleanup(new(*byte), func(percent int) { debug.SetGCPercent(percent) }, usual)
}
