package redact_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/redact"
)

// costly returns values that take much memory to mask for their size.
func costly(seed uint64) map[string]string {
	r := rand.New(rand.NewPCG(7, seed))
	random := func(n int, alphabet string) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = alphabet[r.IntN(len(alphabet))]
		}
		return string(b)
	}
	binary := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return "x" + string(b) + "x"
	}
	rich := func(strs, size int) string {
		var parts []string
		for range strs {
			parts = append(parts, `"`+random(size, "abcXYZ019")+`\t `+random(8, "!$%&/()=")+`\r\n`+random(8, "abc'")+`\n \"x\" `+random(4, "#+")+`"`)
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	repeat := func(n int, f func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(f(i))
		}
		return b.String()
	}
	values := map[string]string{
		"password": "correct-" + random(12, "abcXYZ019-_"), "symbols": random(40, `!"§$%&/()=?'*+~#<>|{}[]\`), "binary": binary(600), "small binary": binary(200),
		"JSON, 30 rich strings": rich(30, 20), "JSON, 5 rich strings": rich(5, 20), "JSON, 4 KiB": rich(70, 20), "JSON, 6 KiB": rich(110, 20), "JSON, 40 KiB": rich(700, 20),
		"JSON, 200 KiB": rich(3500, 20), "JSON, one string of lines": `["` + repeat(900, func(i int) string { return fmt.Sprintf("line-%d-%d-%d\\n", seed, i, i*7919) }) + `"]`,
		"JSON, numbers":          "[" + repeat(3000, func(i int) string { return fmt.Sprintf("%d,", 1_000_000_000+i*7919+int(seed)) }) + "0]",
		"lines with blanks, DOS": repeat(400, func(i int) string { return fmt.Sprintf("key-%d  =\t%s\r\n", i, random(12, "abcXYZ019-")) }),
		"long lines with blanks": repeat(9000, func(i int) string { return fmt.Sprintf("k%d  =\t%s\r\n", i, random(8, "abcXYZ019-")) }),
		"binary lines":           repeat(60, func(int) string { return binary(12) + "\n" }),
		"quoted, white space":    "  \"" + random(100, "abc$%& \t") + "\"\n\n",
	}
	return values
}

// TM-004: what masking values takes is known before: those of one kind take about as much
// memory as Registry.Cost says of them, or less.
func TestTM004CostIsNotExceeded(t *testing.T) {
	t.Parallel()
	var all []map[string]string // by seed
	for seed := range uint64(8) {
		all = append(all, costly(seed))
	}
	for name, v := range all[0] {
		values, options := len(all), []redact.Options{{JSONLeaves: true}, {}, {Encodings: redact.NoEncodings, JSONLeaves: true}}
		if len(v) > 20<<10 { // which fill the tables
			values, options = 2, options[:1]
		}
		for _, o := range options {
			r := redact.New(o)
			cost := 0
			for seed := range values {
				s := secretOf(t, []byte(all[seed][name]))
				one, known, err := r.Cost(s)
				if err != nil || known {
					t.Fatalf("%s: Cost = %d, %v, %v", name, one, known, err)
				}
				cost += one
				if err := r.Add("k", s); err != nil {
					t.Fatal(err)
				}
			}
			r.Compact()
			if got := r.Status().Bytes; got > 2*cost+fixed { // few values fill their tables badly
				t.Errorf("%s, %+v: %d values take %d bytes, and Cost says %d", name, o, values, got, cost)
			}
			r.Close()
		}
	}
}

// fixed is what a set takes that has few values.
const fixed = 128 << 10

// The search for a large value is built before it is registered, or not at all if the context
// ends; then it is as if nobody had tried.
func TestBuildEndsWithItsContext(t *testing.T) {
	t.Parallel()
	r := redact.New(redact.Options{})
	defer r.Close()
	v := costly(1)["long lines with blanks"]
	s := secretOf(t, []byte(v))
	line, _, _ := strings.Cut(v, "\r\n")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if b, err := r.Build(ctx, s); b != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("Build = %v, %v", b, err)
	}
	b, err := r.Build(t.Context(), s)
	if b == nil || err != nil {
		t.Fatalf("Build = %v, %v", b, err)
	}
	if got := r.String("a " + line + " b"); strings.Contains(got, "REDACTED") || r.Len() != 0 {
		t.Errorf("before the value is registered: %q, %d values", got, r.Len())
	}
	for range 2 { // the second time the value is known, and the search is not used
		h, err := r.HoldBuilt(redact.Entry{Key: "k", Secret: s}, b)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.String("a " + line + " b"); got != "a [REDACTED:k] b" {
			t.Errorf("String = %q", got)
		}
		defer h.Drop()
	}
	if err := r.Add("other", secretOf(t, []byte("another-value-1"))); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := r.String("a " + line + " another-value-1"); got != "a [REDACTED:k] [REDACTED:other]" {
			t.Errorf("with another value: %q", got)
		}
		r.Compact()
	}
	for _, text := range []string{"", "12", "true"} {
		if b, err := r.Build(t.Context(), secretOf(t, []byte(text))); b != nil || err != nil {
			t.Errorf("Build of %q, which is not searched = %v, %v", text, b, err)
		}
	}
}

// If nobody searches, what was built for values that are gone takes no memory.
func TestTM004BuiltSearchesEndWithTheirValues(t *testing.T) {
	r := redact.New(redact.Options{Now: func() time.Time { return time.Unix(1, 0) }})
	defer r.Close()
	const values = 6
	for i := range uint64(values) {
		func() {
			s := secretOf(t, []byte(costly(i)["long lines with blanks"]))
			b, err := r.Build(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			h, err := r.HoldBuilt(redact.Entry{Key: "k", Secret: s}, b)
			if err != nil {
				t.Fatal(err)
			}
			h.Drop()
		}()
	}
	if n := r.Len(); n != 0 {
		t.Errorf("%d values are left", n)
	}
	before := heap()
	r.String("a search lets go of the last one")
	if after := heap(); before > after+8<<20 {
		t.Errorf("%d bytes were kept for values that are gone, until the first search", before-after)
	}
}

func heap() int {
	var m goruntime.MemStats
	goruntime.GC()
	goruntime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
