// Fallback-chain asks a file first and the environment second. The chain continues
// only if the file does not contain the key: a file that cannot be read is an
// error, not a reason to ask the next provider.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/postern-project/postern/runtime"
)

func main() {
	if err := run(context.Background(), os.Stdout, "."); err != nil {
		fmt.Fprintln(os.Stderr, "fallback-chain:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, dir string) error {
	rt, err := runtime.Open(ctx, runtime.Options{
		Dir: dir,
		Providers: []runtime.ProviderOptions{
			{
				Name: "local", Module: "file",
				Grant:  runtime.Grant{Files: []runtime.FileGrant{{Path: "secrets.toml"}}},
				Config: map[string]string{"path": "secrets.toml"},
			},
			{Name: "env", Module: "env", Grant: runtime.Grant{Env: []string{"*"}}},
		},
		Chain: []runtime.ChainLink{{Name: "local"}, {Name: "env"}},
	})
	if err != nil {
		return err
	}
	defer rt.Close()

	// One request for all keys: the file is read once.
	for _, r := range rt.GetMany(ctx, []runtime.Key{"db/password", "API_TOKEN", "nobody/has/this"}) {
		if r.Err != nil {
			fmt.Fprintln(out, r.Err)
			continue
		}
		fmt.Fprintf(out, "%s from %s\n", r.Key, r.Secret.Provider())
	}
	return nil
}
