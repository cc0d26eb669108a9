package runtime_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/internal/cputime"
)

// BenchmarkGetDotenv is one get from a file of 1,000 keys, whose first place in the file is
// the worst: by whether kv keeps where they are, and whether the file has changed.
func BenchmarkGetDotenv(b *testing.B) {
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, "KEY_%04d=value-of-%04d\n", i, i)
	}
	for name, kv := range map[string]int64{"kv": 0, "no kv": -1} {
		for state, changed := range map[string]bool{"unchanged": false, "changed": true} {
			b.Run(name+"/"+state, func(b *testing.B) {
				dir := b.TempDir()
				path := filepath.Join(dir, ".env")
				if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
					b.Fatal(err)
				}
				rt, err := runtime.Open(b.Context(), runtime.Options{
					Dir: dir,
					Providers: []runtime.ProviderOptions{{Name: "f", Module: "file", Config: map[string]string{"path": ".env"},
						Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: ".env"}}}}},
					Limits: runtime.Limits{KV: kv}, CompileCache: compiled,
					Now: func() time.Time { return time.Now().Add(time.Hour) }, // so that nothing waits until the file is settled
				})
				if err != nil {
					b.Fatal(err)
				}
				defer rt.Close()
				if _, err := rt.Get(b.Context(), "KEY_0000"); err != nil { // compiles the module
					b.Fatal(err)
				}
				begun := cputime.Used()
				for i := 0; b.Loop(); i++ {
					if changed {
						if err := os.Chtimes(path, time.Time{}, time.Unix(int64(i), 0)); err != nil {
							b.Fatal(err)
						}
					}
					s, err := rt.Get(b.Context(), "KEY_0000")
					if err != nil {
						b.Fatal(err)
					}
					if i == 0 {
						if err := s.Expose(func(v []byte) error {
							if string(v) != "value-of-0000" {
								return fmt.Errorf("value %q", v)
							}
							return nil
						}); err != nil {
							b.Fatal(err)
						}
					}
				}
				b.ReportMetric(float64(cputime.Used()-begun)/float64(b.N), "cpu-ns/op")
			})
		}
	}
}
