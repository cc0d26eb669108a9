//go:build unix

package wasmhost_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
)

// cpuTime returns the processor time of this process in nanoseconds. Unlike the
// wall clock, it does not depend on what else the machine does.
func cpuTime() int64 {
	var ru unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &ru) != nil {
		return 0
	}
	return ru.Utime.Nano() + ru.Stime.Nano()
}

// BenchmarkGet is one get of a guest in each language, with restoring the instance
// and reading the environment.
func BenchmarkGet(b *testing.B) {
	for _, g := range guests {
		for _, mode := range []wasmhost.Mode{wasmhost.Isolated, wasmhost.Pooled} {
			b.Run(g.name+"/"+string(mode), func(b *testing.B) {
				o := envOptions(g.wasm(b), func() []string { return []string{"DB_URL=postgres://localhost"} })
				o.Mode = mode
				p := open(b, o)
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
			})
		}
	}
}
