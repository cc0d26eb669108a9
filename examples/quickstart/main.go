// Quickstart reads one secret from the environment, through a module that can read
// this variable and nothing else.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/postern-project/postern/runtime"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	rt, err := runtime.Open(ctx, runtime.Options{
		Providers: []runtime.ProviderOptions{
			{Name: "app", Module: "env", Grant: runtime.Grant{Env: []string{"DB_URL"}}},
		},
	})
	if err != nil {
		return err
	}
	defer rt.Close()

	url, err := rt.Get(ctx, "DB_URL")
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "printed:", url) // a Secret never prints its value
	return url.Expose(func(b []byte) error {
		_, err := fmt.Fprintf(out, "exposed: %s\n", b)
		return err
	})
}
