package wasmhost_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
)

// cpuTime returns the processor time of this process in nanoseconds: unlike the
// wall clock it says nothing about what else the machine does.
func cpuTime() int64 {
	var ru unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &ru) != nil {
		return 0
	}
	return ru.Utime.Nano() + ru.Stime.Nano()
}

func benchmarkGet(b *testing.B, mode wasmhost.Mode) {
	wasm, _ := modules.Bytes("env")
	p, err := wasmhost.Open(wasmhost.Options{
		Name: "app", Wasm: wasm, Mode: mode, Grant: capability.Grant{Env: []string{"*"}},
		Environ: func() []string { return []string{"DB_URL=postgres://localhost"} },
	})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Get(b.Context(), "DB_URL"); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	start := cpuTime()
	for b.Loop() {
		if _, err := p.Get(b.Context(), secret.Key("DB_URL")); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpuTime()-start)/float64(b.N), "cpu-ns/op")
}

func BenchmarkGetIsolated(b *testing.B) { benchmarkGet(b, wasmhost.Isolated) }

func BenchmarkGetPooled(b *testing.B) { benchmarkGet(b, wasmhost.Pooled) }
