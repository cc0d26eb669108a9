package redact_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/internal/cputime"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/testdata/sample"
)

// What a key costs does not grow with the number of keys that have the same value.
func TestManyKeysOfOneValueCostTheSameEach(t *testing.T) {
	s, err := secret.FromString("one-value-for-all-5f0c9a7b")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Destroy()
	// each returns the least processor time for a key, of three tries.
	each := func(keys int) time.Duration {
		names := make([]string, keys)
		for i, at := range rand.New(rand.NewPCG(1, 2)).Perm(keys) {
			names[i] = fmt.Sprintf("key-%06d", at)
		}
		best := time.Hour
		for range 3 {
			start, now := cputime.Used(), time.Unix(0, 0)
			r := redact.New(redact.Options{Now: func() time.Time { return now }})
			holds := make([]*redact.Hold, keys)
			for i, name := range names {
				if holds[i], err = r.Hold(redact.Entry{Key: name, Secret: s}); err != nil {
					t.Fatal(err)
				}
				if err := r.Add(name, s); err != nil {
					t.Fatal(err)
				}
			}
			for i, h := range holds {
				now = now.Add(time.Millisecond)
				if i%2 == 0 {
					h.Release()
				} else {
					h.Drop()
				}
				r.Retire(names[i], s)
			}
			now = now.Add(redact.DefaultGrace - time.Duration(keys/2)*time.Millisecond)
			for range keys { // one expires at a time
				now = now.Add(time.Millisecond)
				r.Len()
			}
			if n := r.Len(); n != 0 {
				t.Fatalf("%d values after the grace of all keys", n)
			}
			r.Close()
			best = min(best, (cputime.Used()-start)/time.Duration(keys))
		}
		return best
	}
	few, many := each(1<<9), each(1<<13)
	t.Logf("a key takes %v of 512 and %v of 8,192", few, many)
	if many > 6*few {
		t.Errorf("a key takes %v of 512 that have the same value, and %v of 8,192", few, many)
	}
}

// Whatever happens to the keys of a value, its mask is that of the smallest key that is
// left, and it is shown to those that may see all keys that are left.
func TestKeysOfAValueAgainstAModel(t *testing.T) {
	t.Parallel()
	const text = "one-value-for-all-5f0c9a7b"
	s, err := secret.FromString(text)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Destroy()
	for seed := range sample.Of(t, 200) {
		random := rand.New(rand.NewPCG(uint64(seed), 3))
		now := time.Unix(0, 0)
		r := redact.New(redact.Options{Now: func() time.Time { return now }})
		type held struct {
			key  string
			hold *redact.Hold
		}
		var holds []held
		registered := map[string]bool{}
		until := map[string]time.Time{} // of the graces of a key
		grace := func(key string) {
			if end := now.Add(redact.DefaultGrace); until[key].Before(end) {
				until[key] = end
			}
		}
		retired := map[string]time.Time{} // the grace of a registration, which Remove ends
		for step := range 3000 {
			key := fmt.Sprintf("k%02d", random.IntN(1+40*step/3000))
			switch what := random.IntN(8); what {
			case 0:
				if err := r.Add(key, s); err != nil {
					t.Fatal(err)
				}
				registered[key] = true
				delete(retired, key)
			case 1:
				r.Remove(key, s)
				delete(registered, key)
				delete(retired, key)
			case 2:
				r.Retire(key, s)
				_, in := retired[key]
				if registered[key] || in && now.Before(retired[key]) {
					retired[key] = now.Add(redact.DefaultGrace)
				}
				delete(registered, key)
			case 3, 4:
				h, err := r.Hold(redact.Entry{Key: key, Secret: s})
				if err != nil {
					t.Fatal(err)
				}
				holds = append(holds, held{key, h})
			case 5, 6:
				if len(holds) == 0 {
					continue
				}
				i := random.IntN(len(holds))
				if what == 5 {
					holds[i].hold.Release()
					grace(holds[i].key)
				} else {
					holds[i].hold.Drop()
				}
				holds = slices.Delete(holds, i, i+1)
			case 7:
				now = now.Add(time.Duration(random.IntN(400)) * time.Second)
			}
			keys := map[string]bool{}
			for key := range registered {
				keys[key] = true
			}
			for _, h := range holds {
				keys[h.key] = true
			}
			for _, ends := range []map[string]time.Time{until, retired} {
				for key, end := range ends {
					if now.Before(end) {
						keys[key] = true
					}
				}
			}
			smallest, want := "", text
			for key := range keys {
				if smallest == "" || key < smallest {
					smallest, want = key, "[REDACTED:"+key+"]"
				}
			}
			r.Len() // drops what has expired
			if got := r.String(text); got != want {
				t.Fatalf("seed %d, step %d: %q, want %q", seed, step, got, want)
			}
			secretKey := fmt.Sprintf("k%02d", random.IntN(40))
			if !keys[secretKey] {
				want = text
			}
			var out strings.Builder
			w := r.Writer(&out, redact.WriterOptions{Show: func(key string) bool { return key != secretKey }})
			if _, err := io.WriteString(w, text); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if out.String() != want {
				t.Fatalf("seed %d, step %d, all but %s are shown: %q, want %q", seed, step, secretKey, out.String(), want)
			}
		}
		r.Close()
	}
}
