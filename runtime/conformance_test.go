package runtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/secret/secrettest"
)

// compiled is shared by the tests of this package, which would otherwise
// compile the same modules again and again.
var compiled string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "postern-compiled-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	compiled = dir
	return m.Run()
}

// harness opens a Runtime over o and gives it to the kit.
func harness(ctx context.Context, o runtime.Options) (*secrettest.Harness, error) {
	o.CompileCache = compiled
	rt, err := runtime.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	return &secrettest.Harness{Provider: rt, Close: rt.Close}, nil
}

// store writes the seed through the provider itself.
func store(ctx context.Context, h *secrettest.Harness, seed map[secret.Key][]byte) (*secrettest.Harness, error) {
	for _, key := range slices.Sorted(maps.Keys(seed)) {
		value, err := secret.FromBytes(slices.Clone(seed[key]))
		if err == nil {
			err = h.Provider.Set(ctx, key, value)
		}
		if err != nil {
			_ = h.Close()
			return nil, err
		}
		value.Destroy()
	}
	return h, nil
}

func TestEnvModuleConforms(t *testing.T) {
	t.Parallel()
	secrettest.Run(t, secrettest.Factory{
		Listable: true, Watchable: true, MaxValue: 1 << 20, MaxKeys: 100_000,
		Open: func(ctx context.Context, seed map[secret.Key][]byte) (*secrettest.Harness, error) {
			var environ []string
			for key, value := range seed {
				if strings.ContainsRune(string(key), '/') || strings.ContainsRune(string(value), 0) {
					return nil, secret.ErrInvalidKey // no variable can be like that
				}
				environ = append(environ, string(key)+"="+string(value))
			}
			return harness(ctx, runtime.Options{
				Providers: []runtime.ProviderOptions{{Name: "env", Module: "env", Grant: runtime.Grant{Env: []string{"*"}}}},
				Environ:   func() []string { return environ },
			})
		},
	})
}

func TestMemoryModuleConforms(t *testing.T) {
	t.Parallel()
	secrettest.Run(t, secrettest.Factory{
		Listable: true, Writable: true, Deletable: true, Watchable: true, MaxValue: 1 << 20,
		Open: func(ctx context.Context, seed map[secret.Key][]byte) (*secrettest.Harness, error) {
			h, err := harness(ctx, runtime.Options{
				Providers: []runtime.ProviderOptions{{Name: "mem", Module: "memory"}},
			})
			if err != nil {
				return nil, err
			}
			return store(ctx, h, seed)
		},
	})
}

// The file module, once per format. A file cannot hold what its format cannot
// write: the kit skips those rules and says so.
func TestFileModuleConforms(t *testing.T) {
	t.Parallel()
	for format, name := range map[string]string{
		"dotenv": "secrets.env", "toml": "secrets.toml", "json": "secrets.json", "yaml": "secrets.yaml", "dir": "secrets",
	} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			secrettest.Run(t, secrettest.Factory{
				Listable: true, Writable: true, Deletable: true, Watchable: true,
				Open: func(ctx context.Context, seed map[secret.Key][]byte) (*secrettest.Harness, error) {
					dir := t.TempDir()
					whole := map[secret.Key][]byte{}
					if len(seed) > 100 {
						// Setting each would rewrite the file, or sync the folder, that often.
						whole, seed = seed, nil
					}
					if err := begin(filepath.Join(dir, name), format, whole); err != nil {
						return nil, err
					}
					h, err := harness(ctx, runtime.Options{
						Dir: dir,
						Providers: []runtime.ProviderOptions{{
							Name: "file", Module: "file",
							Grant:  runtime.Grant{Files: []runtime.FileGrant{{Path: name, Write: true}}},
							Config: map[string]string{"path": name, "format": format},
						}},
					})
					if err != nil {
						return nil, err
					}
					if format == "dotenv" {
						h.Provider = asNames{h.Provider} // what shells cannot name is not written
					}
					return store(ctx, h, seed)
				},
			})
		})
	}
}

// begin makes a store of a format: a missing one is not configured.
func begin(path, format string, seed map[secret.Key][]byte) error {
	if format == "dir" {
		err := os.Mkdir(path, 0o700)
		for key, value := range seed {
			file := filepath.Join(path, filepath.FromSlash(string(key)))
			err = errors.Join(err, os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, value, 0o600))
		}
		return err
	}
	content := map[string]string{}
	var lines strings.Builder
	for key, value := range seed {
		content[string(key)] = string(value)
		if format == "dotenv" {
			key = toName(key)
		}
		fmt.Fprintf(&lines, "%s = %q\n", key, value)
	}
	text := lines.String()
	if format == "json" || format == "yaml" {
		b, err := json.Marshal(content)
		if err != nil {
			return err
		}
		text = string(b)
	}
	return os.WriteFile(path, []byte(text), 0o600)
}
