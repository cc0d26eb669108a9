// Command postern reads and writes secrets through sandboxed providers.
package main

import (
	"context"
	"os"

	"github.com/postern-project/postern/cmd/postern/internal/cli"
	"github.com/postern-project/postern/cmd/postern/internal/signals"
)

func main() {
	code, by := cli.Main(context.Background(), os.Args, os.Environ(), os.Stdin, os.Stdout, os.Stderr)
	signals.Die(by)
	os.Exit(code)
}
