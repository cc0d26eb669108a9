package runtime_test

import (
	"context"
	"fmt"
	"maps"
	"os"
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
