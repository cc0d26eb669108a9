// Command postern reads and writes secrets through sandboxed providers.
package main

import (
	"context"
	"os"

	"github.com/postern-project/postern/cmd/postern/internal/cli"
)

func main() {
	os.Exit(cli.Main(context.Background(), os.Args, os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}
