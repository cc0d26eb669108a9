package wasmhost_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/testdata/sample"
)

// value returns the plaintext of a get.
func value(t testing.TB, p secret.Provider, key secret.Key) string {
	t.Helper()
	s, err := p.Get(t.Context(), key)
	if err != nil {
		t.Fatalf("Get(%q) = %v", key, err)
	}
	v, err := s.ExposeString()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// After a call, no copy of the secret is left in the memory of any guest, used or
// reserved. Without restoring, there are many.
func TestTM015NoCopyIsLeft(t *testing.T) {
	t.Parallel()
	for _, g := range guests {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			wasm := g.wasm(t)
			var current atomic.Pointer[string]
			environ := func() []string { return []string{"SECRET=" + *current.Load()} }
			for _, mode := range []wasmhost.Mode{wasmhost.Isolated, wasmhost.Pooled, wasmhost.Serial} {
				o := cachedOptions(t, wasm, environ)
				o.Mode = mode
				p := open(t, o)
				found, scanned := 0, 0
				for i := range sample.Times(20) {
					text := fmt.Sprintf("raw-%016x-%d", rand.Uint64(), i)
					current.Store(&text)
					if got := value(t, p, "SECRET"); got != text {
						t.Fatalf("%s: Get() = %q, want %q", mode, got, text)
					}
					n, all := p.CountInMemory([]byte(text))
					found, scanned = found+n, scanned+all
				}
				t.Logf("%s: %d copies in %d bytes", mode, found, scanned)
				if scanned == 0 {
					t.Errorf("%s: nothing was scanned: there is no idle instance", mode)
				}
				if mode == wasmhost.Isolated && found > 0 {
					t.Errorf("%d copies of the secret are left", found)
				}
				if mode != wasmhost.Isolated && found == 0 && !g.tidy {
					t.Errorf("%s: no copy is left without restoring: the scan does not work", mode)
				}
			}
		})
	}
}

// A value that is written passes through the request and the buffers of the guest.
// No copy of it is left there either.
func TestTM015WritesLeaveNoCopy(t *testing.T) {
	t.Parallel()
	builtin, _ := modules.Bytes("memory")
	for name, wasm := range map[string][]byte{"memory": builtin, "faulty": committed(t, "faulty")} {
		p := open(t, envOptions(wasm, func() []string { return []string{"FAULT=--"} }))
		for i := range 20 {
			text := fmt.Sprintf("written-%016x-%d", rand.Uint64(), i)
			s, err := secret.FromString(text)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Set(t.Context(), "k", s); err != nil {
				t.Fatalf("%s: Set() = %v", name, err)
			}
			written, _ := p.CountInMemory([]byte(text))
			if got := value(t, p, "k"); got != text {
				t.Errorf("%s: Get() = %q, want %q", name, got, text)
			}
			read, scanned := p.CountInMemory([]byte(text))
			if written+read > 0 || scanned == 0 {
				t.Errorf("%s: %d copies after the write, %d after the read, in %d bytes", name, written, read, scanned)
			}
		}
	}
}

// Values of many sizes, some of which make the guest's memory grow, are returned
// correctly by instances that are restored or replaced.
func TestTM015ValuesAfterGrowth(t *testing.T) {
	t.Parallel()
	for _, g := range guests {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			var current atomic.Pointer[string]
			p := open(t, cachedOptions(t, g.wasm(t), func() []string { return []string{"SECRET=" + *current.Load()} }))
			for _, size := range []int{1, 900_000, 2, 2000, 600_000, 3, 0, 4} {
				text := strings.Repeat("v", size)
				current.Store(&text)
				s, err := p.Get(t.Context(), "SECRET")
				if errors.Is(err, secret.ErrTooLarge) && size > 2000 {
					continue // larger than the buffer of the guest
				}
				if err != nil {
					t.Fatalf("%d bytes: %v", size, err)
				}
				if got, _ := s.ExposeString(); got != text {
					t.Errorf("%d bytes came back as %d", size, len(got))
				}
			}
		})
	}
}

// Many callers share few instances, and each gets its own value.
func TestTM015ManyCallers(t *testing.T) {
	t.Parallel()
	callers, calls := 16, sample.Times(40)
	for _, g := range guests {
		for _, mode := range []wasmhost.Mode{wasmhost.Isolated, wasmhost.Pooled, wasmhost.Serial} {
			t.Run(g.name+" "+string(mode), func(t *testing.T) {
				t.Parallel()
				vars := make([]string, callers)
				for i := range vars {
					vars[i] = fmt.Sprintf("KEY_%d=value-%x", i, rand.Uint64())
				}
				o := cachedOptions(t, g.wasm(t), func() []string { return vars })
				o.Mode, o.Limits.Instances = mode, 4
				p := open(t, o)
				var wg sync.WaitGroup
				for _, v := range vars {
					key, want, _ := strings.Cut(v, "=")
					wg.Go(func() {
						for range calls {
							s, err := p.Get(t.Context(), secret.Key(key))
							if err != nil {
								t.Errorf("Get(%q) = %v", key, err)
								return
							}
							if got, _ := s.ExposeString(); got != want {
								t.Errorf("Get(%q) = %q, want %q", key, got, want)
							}
						}
					})
				}
				wg.Wait()
				if n := p.Idle(); n == 0 || n > 4 {
					t.Errorf("%d idle instances", n)
				}
			})
		}
	}
}
