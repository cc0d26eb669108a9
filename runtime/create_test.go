package runtime_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// TestCreateOfAnotherProgram: two Runtimes, as of two programs, create one key of one
// store. The second, which found no key, is denied: it replaces nothing. The same holds
// for an update of a key that is removed meanwhile.
func TestCreateOfAnotherProgram(t *testing.T) {
	t.Parallel()
	for _, module := range []string{"json", "toml", "yaml", "dotenv", "folder"} {
		for _, form := range []string{"create", "update"} {
			t.Run(module+", "+form, func(t *testing.T) {
				t.Parallel()
				dir := privateFolder(t)
				store := filepath.Join(dir, "store")
				text := map[string]string{"json": "{}"}[module]
				err := os.WriteFile(store, []byte(text), 0o600)
				if module == "folder" {
					err = errors.Join(os.Remove(store), os.Mkdir(store, 0o700))
				}
				if err != nil {
					t.Fatal(err)
				}
				options := func(rules string, now func() time.Time) runtime.Options {
					path := filepath.Join(privateFolder(t), "policy.lua")
					if err := os.WriteFile(path, []byte(rules), 0o600); err != nil {
						t.Fatal(err)
					}
					return runtime.Options{
						Dir: dir, Now: now, PolicyFile: runtime.PolicyFile{Path: path},
						Providers: []runtime.ProviderOptions{{
							Name: "m", Module: module, Config: map[string]string{"path": "store"},
							Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: "store", Write: true}}},
						}},
					}
				}
				other := open(t, options(`allow { "all", keys = "**", ops = "*" }`, nil))
				if err := other.Set(t.Context(), "L", made(t, "value-beside-it")); err != nil {
					t.Fatal(err)
				}
				if form == "update" {
					if err := other.Set(t.Context(), "K", made(t, "value-before-it")); err != nil {
						t.Fatal(err)
					}
				}
				var armed atomic.Bool
				var calls atomic.Int64
				first := made(t, "value-of-the-first")
				r := open(t, options(`allow { "one", keys = "**", ops = { "get", "`+form+`" } }`, func() time.Time {
					// The second call of the module is the write.
					if armed.Load() && inModule() && calls.Add(1) == 2 {
						err := error(nil)
						if form == "create" {
							err = other.Set(context.Background(), "K", first)
						} else {
							err = other.Delete(context.Background(), "K")
						}
						if err != nil {
							t.Errorf("the other program: %v", err)
						}
					}
					return time.Now()
				}))
				armed.Store(true)
				if err := r.Set(t.Context(), "K", made(t, "value-of-the-second")); !errors.Is(err, secret.ErrDenied) {
					t.Errorf("Set = %v, want denied", err)
				}
				got, err := other.Get(t.Context(), "K")
				if form == "update" {
					if !errors.Is(err, secret.ErrNotFound) {
						t.Errorf("Get after Delete = %v", err)
					}
				} else if text, _ := got.ExposeString(); err != nil || text != "value-of-the-first" {
					t.Errorf("Get = %q, %v", text, err)
				}
			})
		}
	}
}
