package redact_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math/rand/v2"
	goruntime "runtime"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/testdata/sample"
)

// Whatever the bytes of a value are, the memory that is needed to search for it grows
// with its length, by a bounded factor: the next text would otherwise wait for half a
// minute, or the process end, because of one value of 1 MiB.
func TestMemoryForAValueIsBounded(t *testing.T) {
	fill := func(size int, f func(i int, random uint32) byte) []byte {
		r := rand.New(rand.NewPCG(uint64(size), 1))
		v := make([]byte, size)
		for i := range v {
			v[i] = f(i, r.Uint32())
		}
		return v
	}
	every := func(n int, text func(random uint32) byte) func(int, uint32) byte {
		return func(i int, random uint32) byte {
			if i%n == n-1 {
				return '\n'
			}
			return text(random)
		}
	}
	letter := func(random uint32) byte { return 'a' + byte(random%26) }
	printable := func(random uint32) byte { return ' ' + byte(random%95) }
	anyByte := func(random uint32) byte { return byte(random) }
	kinds := map[string]func(size int) []byte{
		"random bytes":        func(size int) []byte { return fill(size, every(1<<30, anyByte)) },
		"short lines of them": func(size int) []byte { return fill(size, every(9, anyByte)) },
		"printable":           func(size int) []byte { return fill(size, every(1<<30, printable)) },
		"short lines":         func(size int) []byte { return fill(size, every(9, letter)) },
		"lines":               func(size int) []byte { return append(fill(size-2, every(65, printable)), "\r\n"...) },
		"blanks":              func(size int) []byte { return fill(size, every(3, func(r uint32) byte { return " \t\rx"[r%4] })) },
		"control characters":  func(size int) []byte { return fill(size, every(9, func(r uint32) byte { return byte(r % 32) })) },
		"base64": func(size int) []byte {
			return []byte(base64.StdEncoding.EncodeToString(fill(size*3/4, every(1<<30, anyByte))))
		},
		"half characters": func(size int) []byte { return fill(size, func(_ int, r uint32) byte { return "\xe2\x82a\n"[r%4] }) },
		"JSON": func(size int) []byte {
			var b strings.Builder
			for i := 0; b.Len() < size-20; i++ {
				fmt.Fprintf(&b, ",\"a&<%07d\"", i*7919)
			}
			return []byte("[" + b.String()[1:] + "]")
		},
		"JSON of lines": func(size int) []byte {
			return []byte(`["` + strings.Repeat(`line & \"a\" \n`, size/15) + `"]`)
		},
	}
	large := slices.Collect(sample.From(t, slices.Sorted(maps.Keys(kinds))))
	for name, kind := range kinds {
		sizes := []int{64, 256, 1 << 10, 4 << 10, 16 << 10}
		if slices.Contains(large, name) {
			sizes = append(sizes, 64<<10, 1<<18)
		}
		for _, size := range sizes {
			r := redact.New(redact.Options{JSONLeaves: true})
			s := secretOf(t, kind(size))
			if err := r.AddDeferred(redact.Entry{Key: "k", Secret: s}); err != nil {
				t.Fatal(err)
			}
			var before, after goruntime.MemStats
			goruntime.ReadMemStats(&before)
			r.String("an innocent line")
			goruntime.ReadMemStats(&after)
			built, kept := after.TotalAlloc-before.TotalAlloc, r.Status().Bytes
			if most := uint64(24<<20 + 500*size); built > most {
				t.Errorf("%s of %d bytes: %d MiB were allocated, at most %d MiB are right", name, size, built>>20, most>>20)
			}
			if most := 3<<17 + 340*size; kept > most {
				t.Errorf("%s of %d bytes: %d KiB are kept, at most %d KiB are right", name, size, kept>>10, most>>10)
			}
			t.Logf("%20s of %6d bytes: %7d KiB allocated, %6d KiB kept", name, size, built>>10, kept>>10)
			s.Destroy()
			r.Close()
		}
	}
}
