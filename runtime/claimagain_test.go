package runtime_test

import (
	goruntime "runtime"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/redact"
)

// TestASecretThatIsSetIsMaskedWhileItCanBeExposed: whatever happened to an earlier
// Set of the same Secret, the last one has the caller's Secret hold its value.
func TestASecretThatIsSetIsMaskedWhileItCanBeExposed(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]func(*redact.Registry){
		"set twice":            func(*redact.Registry) {},
		"the registry closed":  func(reg *redact.Registry) { reg.Close() },
		"and closed once more": func(reg *redact.Registry) { reg.Close(); reg.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			reg := redact.New(redact.Options{Now: c.Now})
			rt := open(t, runtime.Options{Providers: single("own", newGoStore(t, nil)), Now: c.Now, Redactor: reg})
			mine := made(t, "correct-horse-mine")
			for range 3 {
				if err := rt.Set(t.Context(), "k", mine); err != nil {
					t.Fatal(err)
				}
				wantMasked(t, reg, "correct-horse-mine", "it was just set")
				between(reg)
			}
			if err := rt.Set(t.Context(), "k", mine); err != nil {
				t.Fatal(err)
			}
			if err := rt.Set(t.Context(), "k", made(t, "another-value-here")); err != nil {
				t.Fatal(err)
			}
			for range 20 { // the place lets go
				goruntime.GC()
				goruntime.Gosched()
				c.add(11 * time.Minute)
				reg.Len()
			}
			wantMasked(t, reg, "correct-horse-mine", "the caller can expose "+plain(t, mine))
		})
	}
}
