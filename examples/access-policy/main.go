// Access-policy requests the same keys on behalf of different callers. The rules
// are in policy.lua, not here.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

func main() {
	if err := run(context.Background(), os.Stdout, "."); err != nil {
		fmt.Fprintln(os.Stderr, "access-policy:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, dir string) error {
	rt, err := runtime.Open(ctx, runtime.Options{
		Dir: dir,
		Providers: []runtime.ProviderOptions{{
			Name: "store", Module: "file",
			Grant:  runtime.Grant{Files: []runtime.FileGrant{{Path: "secrets.toml"}}},
			Config: map[string]string{"path": "secrets.toml"},
		}},
		PolicyFile: runtime.PolicyFile{Path: "policy.lua"},
	})
	if err != nil {
		return err
	}
	defer rt.Close()

	ann := rt.For(runtime.Caller{Name: "ann", Roles: []string{"ops"}})
	bob := rt.For(runtime.Caller{Name: "bob", Roles: []string{"dev"}, Labels: map[string]string{"team": "blue"}})
	for _, key := range []runtime.Key{"prod/db/password", "team/blue/token"} {
		for _, who := range []*runtime.Client{ann, bob} {
			_, err := who.Get(ctx, key)
			switch {
			case err == nil:
				fmt.Fprintf(out, "%s has %s\n", who.Caller().Name, key)
			case errors.Is(err, secret.ErrDenied):
				fmt.Fprintf(out, "%s is refused: %v\n", who.Caller().Name, err)
			default:
				return err
			}
		}
	}

	password, err := secret.FromString("another")
	if err != nil {
		return err
	}
	defer password.Destroy()
	fmt.Fprintf(out, "ann is refused: %v\n", ann.Set(ctx, "prod/db/password", password))

	// Explain lists the rules that nearly matched, closest first. It asks no
	// provider.
	for _, miss := range bob.Explain(secret.OpGet, "prod/db/password").Misses[:1] {
		fmt.Fprintf(out, "bob would need %s %q: %v\n", miss.Kind, miss.Rule, miss.Failed)
	}
	return nil
}
