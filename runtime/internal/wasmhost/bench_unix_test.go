//go:build unix

package wasmhost_test

import (
	"testing"

	"github.com/postern-project/postern/runtime/internal/cputime"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
)

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
				start := cputime.Used()
				for b.Loop() {
					if _, err := p.Get(b.Context(), secret.Key("DB_URL")); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(cputime.Used()-start)/float64(b.N), "cpu-ns/op")
			})
		}
	}
}
