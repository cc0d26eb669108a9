package runtime_test

import (
	"bufio"
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// memoryChild names the test that this binary runs as a child process.
const memoryChild = "POSTERN_TEST_MEMORY_CHILD"

// underMemlock runs f in a process of its own that may lock limit bytes, as a user for
// whom that limit counts.
func underMemlock(t *testing.T, limit uint64, f func()) {
	t.Helper()
	if os.Getenv(memoryChild) != t.Name() {
		t.Parallel()
		cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), memoryChild+"="+t.Name())
		if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("--- PASS")) {
			t.Errorf("the child ended with %v:\n%s", err, out)
		}
		return
	}
	const memlock = 8 // RLIMIT_MEMLOCK, which package syscall does not name
	if err := syscall.Setrlimit(memlock, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := syscall.Setuid(65534); err != nil {
			t.Fatal(err)
		}
	}
	f()
}

// A module that fills its kv first leaves the values of other providers their locked
// memory, and what is not locked is reported for its owner.
func TestTM135FullKVLeavesValuesLocked(t *testing.T) {
	const limit = 1 << 20
	underMemlock(t, limit, func() {
		var log lines
		rt := memoryRuntime(t, &log)
		if _, err := at(t, rt, "first").Get(t.Context(), "k"); err != nil {
			t.Fatal(err)
		}
		full := kvOf(t, rt, "first")
		if full.Values == 0 || full.Unlocked == 0 || full.Locked+full.Unlocked < 1<<20 {
			t.Fatalf("a kv that is larger than the limit: %+v", full)
		}

		// Values of a module and of a Go provider, of many sizes.
		second := at(t, rt, "second")
		for i := range 5 {
			if err := second.Set(t.Context(), secret.Key(fmt.Sprint("k", i)), made(t, strings.Repeat("k", 1000))); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 40 {
			if _, err := rt.Get(t.Context(), secret.Key(fmt.Sprint("own/", i))); err != nil {
				t.Fatal(err)
			}
		}
		m := rt.Memory()
		if m.Values < 40 || m.Unlocked != 0 || m.Locked == 0 {
			t.Errorf("values beside a full kv: %+v, want all locked", m)
		}
		kernel := slabsLocked(t)
		reported := m.Locked
		for _, k := range m.KV {
			reported += k.Locked
		}
		if kernel != reported {
			t.Errorf("the kernel has locked %d bytes of values and kv, and %d are reported: %+v", kernel, reported, m)
		}
		if text := log.String(); strings.Contains(text, "could not be locked") {
			t.Errorf("all values are locked, and the log says:\n%s", text)
		}
		if k := kvOf(t, rt, "second"); k.Unlocked != 0 {
			t.Errorf("a small kv beside a full one: %+v, want all locked", k)
		}
		if err := rt.Close(); err != nil {
			t.Fatal(err)
		}
		for _, k := range rt.Memory().KV {
			if k.Values != 0 || k.Locked != 0 || k.Unlocked != 0 {
				t.Errorf("after Close: %+v, want nothing", k)
			}
		}
	})
}

// Values above the limit are reported as unlocked, with one warning.
func TestTM135UnlockedValuesAreReported(t *testing.T) {
	const limit = 256 << 10
	underMemlock(t, limit, func() {
		var log lines
		rt := memoryRuntime(t, &log)
		defer rt.Close()
		var kept []secret.Secret
		for i := range 40 {
			v, err := rt.Get(t.Context(), secret.Key(fmt.Sprint("own/", i)))
			if err != nil {
				t.Fatal(err)
			}
			kept = append(kept, v)
		}
		m := rt.Memory()
		if m.Unlocked == 0 || m.Locked > limit || m.Values < len(kept) {
			t.Errorf("%+v, want unlocked bytes, and at most %d locked ones", m, limit)
		}
		if kernel := slabsLocked(t); kernel != m.Locked {
			t.Errorf("the kernel has locked %d bytes, and %d are reported", kernel, m.Locked)
		}
		if n := strings.Count(log.String(), "values could not be locked in memory"); n != 1 {
			t.Errorf("%d warnings, want 1:\n%s", n, log.String())
		}
		if p := runtime.Memory(); p.Unlocked != m.Unlocked || p.KV != nil {
			t.Errorf("the process has %+v, the runtime %+v", p, m)
		}
	})
}

// memoryRuntime has two modules with kv and a Go provider with values of many sizes.
func memoryRuntime(t *testing.T, log *lines) *runtime.Runtime {
	t.Helper()
	own := map[secret.Key]string{}
	for i := range 40 {
		own[secret.Key(fmt.Sprint("own/", i))] = strings.Repeat("v", 20+i*i*5)
	}
	rt, err := runtime.Open(t.Context(), runtime.Options{
		Providers: []runtime.ProviderOptions{
			{Name: "first", Module: filler(t)}, {Name: "go", Provider: newGoStore(t, own)}, {Name: "second", Module: "memory"},
		},
		Chain:         []runtime.ChainLink{{Name: "go"}, {Name: "second"}},
		AllowUnpinned: true,
		Limits:        runtime.Limits{KV: 1536 << 10},
		Logger:        slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return rt
}

// filler returns the path of a module that fills its kv, with values of 8,191 bytes, when
// it is asked for "k". It is the hostile module that does so with 100 bytes.
func filler(t *testing.T) string {
	t.Helper()
	wasm, err := os.ReadFile("../testdata/hostile/kv_fill.wasm")
	if err != nil {
		t.Fatal(err)
	}
	length, longer := []byte{0x41, 0xe4, 0x00}, []byte{0x41, 0xff, 0x3f} // i32.const
	if n := bytes.Count(wasm, length); n != 1 {
		t.Fatalf("kv_fill has the constant 100 in %d places", n)
	}
	path := t.TempDir() + "/filler.wasm"
	if err := os.WriteFile(path, bytes.Replace(wasm, length, longer, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func kvOf(t *testing.T, rt *runtime.Runtime, provider string) runtime.KVMemory {
	t.Helper()
	all := rt.Memory().KV
	i := slices.IndexFunc(all, func(k runtime.KVMemory) bool { return k.Provider == provider })
	if i < 0 || len(all) != 2 {
		t.Fatalf("Memory().KV = %+v, want first and second", all)
	}
	return all[i]
}

// slabsLocked returns how many bytes of this process the kernel has locked as a whole,
// and keeps out of core files and forks, as the memory of values is.
func slabsLocked(t *testing.T) (n int64) {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Skipf("the mappings of this process cannot be read: %v", err)
	}
	defer f.Close()
	var size int64
	for scan := bufio.NewScanner(f); scan.Scan(); {
		fields := strings.Fields(scan.Text())
		switch fields[0] {
		case "Size:":
			_, _ = fmt.Sscan(fields[1], &size)
		case "VmFlags:":
			if slices.Contains(fields, "lo") && slices.Contains(fields, "wf") {
				n += size << 10
			}
		}
	}
	return n
}
