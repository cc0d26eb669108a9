package runtime_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/postern-project/postern/runtime"
)

// A get never returns a value that was replaced before it began, though an unchanged value
// is returned as the same Secret: 32 readers, of which each knows the newest value that
// was there before its get.
func TestAGetReturnsNothingOlderThanItsBeginning(t *testing.T) {
	t.Parallel()
	for _, mode := range []runtime.Mode{runtime.Pooled, runtime.Isolated} {
		var newest atomic.Int64
		rt := open(t, runtime.Options{
			Providers: []runtime.ProviderOptions{{Name: "env", Module: "env", Mode: mode, Grant: runtime.Grant{Env: []string{"*"}}}},
			Environ: func() []string {
				return []string{fmt.Sprintf("TOKEN=rotated-value-%d", newest.Load()), "FIXED=unchanged-value"}
			},
		})
		var readers sync.WaitGroup
		for reader := range 32 {
			readers.Go(func() {
				for i := range 60 {
					if reader%8 == 0 {
						newest.Add(1)
					}
					before := newest.Load()
					results := rt.GetMany(t.Context(), []runtime.Key{"TOKEN", "FIXED"})
					if i%2 == 0 {
						results[0].Secret, results[0].Err = rt.Get(t.Context(), "TOKEN")
					}
					text, err := results[0].Secret.ExposeString()
					number, _ := strconv.ParseInt(strings.TrimPrefix(text, "rotated-value-"), 10, 64)
					if err != nil || results[0].Err != nil || number < before || number > newest.Load() {
						t.Errorf("got %q, %v, %v after number %d", text, err, results[0].Err, before)
						return
					}
					if fixed, err := results[1].Secret.ExposeString(); fixed != "unchanged-value" || err != nil {
						t.Errorf("FIXED = %q, %v", fixed, err)
						return
					}
				}
			})
		}
		readers.Wait()
	}
}
