package postern_test

import (
	"testing"

	"github.com/postern-project/postern/runtime"
)

// BenchmarkHello measures one Get of a Go module, as a caller of the library sees
// it.
func BenchmarkHello(b *testing.B) {
	for _, mode := range []runtime.Mode{runtime.Isolated, runtime.Pooled} {
		b.Run(string(mode), func(b *testing.B) {
			o := options(b, "hello")
			o.Providers[0].Mode = mode
			rt := open(b, o)
			get := func() {
				if _, err := rt.Get(b.Context(), "hello"); err != nil {
					b.Fatal(err)
				}
			}
			get() // compiles the module
			for b.Loop() {
				get()
			}
		})
	}
}
