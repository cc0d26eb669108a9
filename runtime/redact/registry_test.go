package redact_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/redact/mask"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/testdata/sample"
)

// TM-157: values that are common in ordinary text are not masked, and their keys are
// listed.
func TestTM157CommonValues(t *testing.T) {
	t.Parallel()
	r := redact.New(redact.Options{})
	defer r.Close()
	want := map[string]redact.Reason{
		"": redact.ReasonEmpty, " \t\n": redact.ReasonBlank, "a": redact.ReasonShort, "abc": redact.ReasonShort,
		"1": redact.ReasonDigits, "12345": redact.ReasonDigits, "********": redact.ReasonRepeated,
		"éééé": redact.ReasonRepeated, "true": redact.ReasonEveryday, "LocalHost\n": redact.ReasonEveryday,
	}
	for v := range want {
		if err := r.Add(fmt.Sprintf("%x", v), secretOf(t, []byte(v))); err != nil {
			t.Fatal(err)
		}
		in := "1 a abc 12345 ******** éééé true localhost"
		if got := r.String(in); got != in {
			t.Errorf("%q: %q became %q", v, in, got)
		}
	}
	st := r.Status()
	if len(st.Unsearched) != len(want) || st.Values != len(want) || st.Patterns != 0 {
		t.Errorf("status %+v, want %d unsearched", st, len(want))
	}
	for v, reason := range want {
		found := false
		for _, u := range st.Unsearched {
			found = found || u.Key == fmt.Sprintf("%x", v) && u.Reason == reason
		}
		if !found {
			t.Errorf("%q is not listed as %q", v, reason)
		}
	}
	for _, v := range []string{"123456", "abcd", "aabb"} {
		if err := r.Add(v, secretOf(t, []byte(v))); err != nil {
			t.Fatal(err)
		}
		if got := r.String("<" + v + ">"); got != "<[REDACTED:"+v+"]>" {
			t.Errorf("%q became %q", v, got)
		}
	}
}

func TestRegistryForce(t *testing.T) {
	t.Parallel()
	r := redact.New(redact.Options{})
	defer r.Close()
	s := secretOf(t, []byte("7"))
	if err := r.Add("b", s); err != nil {
		t.Fatal(err)
	}
	if got := r.String("173"); got != "173" {
		t.Errorf("not forced: %q", got)
	}
	if err := r.AddAll([]redact.Entry{{Key: "c", Secret: s, Force: true}}); err != nil {
		t.Fatal(err)
	}
	if got := r.String("173"); got != "1[REDACTED:b]3" || len(r.Status().Unsearched) != 0 {
		t.Errorf("forced: %q", got)
	}
}

func TestRegistryKeys(t *testing.T) {
	t.Parallel()
	r := redact.New(redact.Options{})
	defer r.Close()
	s := secretOf(t, []byte("value-5f0c9a7b"))
	step := func(want string) {
		t.Helper()
		if got := r.String("value-5f0c9a7b"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for _, key := range []string{"zeta", "alpha", "m\" x\n"} {
		if err := r.Add(key, s); err != nil {
			t.Fatal(err)
		}
	}
	step("[REDACTED:alpha]")
	if r.Len() != 1 {
		t.Errorf("Len = %d, want 1", r.Len())
	}
	r.Remove("alpha", s)
	step("[REDACTED:m__x_]")
	r.Remove("m\" x\n", s)
	step("[REDACTED:zeta]")
	r.Remove("nobody", s)
	r.Remove("zeta", s)
	step("value-5f0c9a7b")
	if err := r.Add("again", s); err != nil {
		t.Fatal(err)
	}
	step("[REDACTED:again]")
}

func TestRegistryRetire(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	r := redact.New(redact.Options{Grace: time.Minute, Now: func() time.Time { return now }})
	defer r.Close()
	old, fresh := secretOf(t, []byte("old-5f0c9a7b")), secretOf(t, []byte("new-5f0c9a7b"))
	for _, s := range []redact.Entry{{Key: "k", Secret: old}, {Key: "k", Secret: fresh}} {
		if err := r.Add(s.Key, s.Secret); err != nil {
			t.Fatal(err)
		}
	}
	r.Retire("k", old)
	now = now.Add(time.Minute - 1)
	if st := r.Status(); st.Values != 2 || st.Retired != 1 {
		t.Errorf("in the grace: %+v", st)
	}
	if got := r.String("old-5f0c9a7b new-5f0c9a7b"); got != "[REDACTED:k] [REDACTED:k]" {
		t.Errorf("in the grace: %q", got)
	}
	now = now.Add(1)
	if r.Len() != 1 {
		t.Errorf("after the grace: Len = %d", r.Len())
	}
	if got := r.String("old-5f0c9a7b new-5f0c9a7b"); got != "old-5f0c9a7b [REDACTED:k]" {
		t.Errorf("after the grace: %q", got)
	}
	r.Retire("k", fresh)
	if err := r.Add("k", fresh); err != nil { // live again
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	if got := r.String("new-5f0c9a7b"); got != "[REDACTED:k]" || r.Len() != 1 {
		t.Errorf("live again: %q", got)
	}
}

// A value stays masked, in all encodings, when the caller's secret is destroyed.
func TestRegistryDestroyedSecret(t *testing.T) {
	t.Parallel()
	for name, add := range map[string]func(*redact.Registry, secret.Secret) error{
		"Add": func(r *redact.Registry, s secret.Secret) error { return r.Add("k", s) },
		"AddDeferred": func(r *redact.Registry, s secret.Secret) error {
			return r.AddDeferred(redact.Entry{Key: "k", Secret: s})
		},
		"Hold": func(r *redact.Registry, s secret.Secret) error {
			_, err := r.Hold(redact.Entry{Key: "k", Secret: s})
			return err
		},
	} {
		r := redact.New(redact.Options{})
		defer r.Close()
		s := secretOf(t, []byte("value-5f0c9a7b"))
		if err := add(r, s); err != nil {
			t.Fatal(err)
		}
		s.Destroy()
		if got := r.String("a value-5f0c9a7b b"); got != "a [REDACTED:k] b" {
			t.Errorf("%s: got %q", name, got)
		}
		r.Compact()
		if got := r.String("dmFsdWUtNWYwYzlhN2I= 76616c75652d3566306339613762"); got != "[REDACTED:k] [REDACTED:k]" {
			t.Errorf("%s: got %q", name, got)
		}
		if err := add(r, s); err == nil {
			t.Errorf("%s of a destroyed secret succeeded", name)
		}
	}
}

// Generations, merges and removals do not change what is masked.
func TestRegistryGrows(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(9, 9))
	r := redact.New(redact.Options{})
	vals := logValues(rnd, 400, false)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() { // searches all the time
		w := r.Writer(io.Discard, redact.WriterOptions{})
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = io.WriteString(w, vals[0]+" "+vals[1][:5])
			}
		}
	})
	for i, v := range vals {
		s := secretOf(t, []byte(v))
		if err := r.Add("k", s); err != nil {
			t.Fatal(err)
		}
		if i%3 == 2 {
			r.Remove("k", s)
		}
		for j := 0; j <= i; j += 37 {
			masked := r.String(vals[j]) == "[REDACTED:k]"
			if masked != (j%3 != 2) {
				t.Fatalf("after %d: value %d masked is %v", i, j, masked)
			}
		}
	}
	close(stop)
	wg.Wait()
	r.Close()
	if got := r.String(vals[0]); got != vals[0] || r.Len() != 0 {
		t.Error("a closed registry still masks")
	}
}

// 10,000 values in all encodings take at most 64 MiB, and a part of them as much less.
func TestRegistryMemory(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds 10,000 values")
	}
	n := sample.Times(10_000)
	r := filled(t, redact.AllEncodings, logValues(rand.New(rand.NewPCG(1, 2)), n, true))
	if st := r.Status(); st.Bytes > n*(64<<20)/10_000 || st.Patterns < 10*n {
		t.Errorf("%d patterns take %d bytes", st.Patterns, st.Bytes)
	}
}

// Errors contain keys, but no values.
func TestAddErrorNamesKeyOnly(t *testing.T) {
	t.Parallel()
	r := redact.New(redact.Options{})
	defer r.Close()
	s := secretOf(t, []byte("value-5f0c9a7b"))
	s.Destroy()
	err := r.Add("db/pass", s)
	if err == nil || !strings.Contains(err.Error(), `"db/pass"`) || strings.Contains(err.Error(), "5f0c") {
		t.Errorf("error %v", err)
	}
}

// A value whose work was deferred is masked by the next search of any goroutine.
func TestRegistryAddDeferred(t *testing.T) {
	t.Parallel()
	r := redact.New(redact.Options{})
	defer r.Close()
	for i := range 100 {
		if err := r.AddDeferred(redact.Entry{Key: fmt.Sprintf("k%d", i), Secret: secretOf(t, fmt.Appendf(nil, "value-%04d-5f0c9a7b", i))}); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			text := fmt.Sprintf("value-%04d-5f0c9a7b", i)
			if got, want := r.String(text), fmt.Sprintf("[REDACTED:k%d]", i); got != want {
				t.Errorf("String(%q) = %q, want %q", text, got, want)
			}
		})
	}
	wg.Wait()
}

// A mask may show a part of the value, unless that could break the line.
func TestRegistryMask(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value, want string
		mask        redact.Mask
	}{
		{"ghp_5f0c9a7b5f0c", "[REDACTED:k]", redact.Mask{}},
		{"ghp_5f0c9a7b5f0c", "[REDACTED:k]", redact.Mask{Mode: mask.Full}},
		{"ghp_5f0c9a7b5f0c", "[REDACTED:k:ghp_]", redact.Mask{Mode: mask.First}},
		{"ghp_5f0c9a7b5f0c", "[REDACTED:k:0c]", redact.Mask{Mode: mask.Last, Keep: 2}},
		{"short-ish", "[REDACTED:k]", redact.Mask{Mode: mask.Last, Keep: 8}},
		{`5f0c9a7b5f"0c`, "[REDACTED:k]", redact.Mask{Mode: mask.Last}},
	} {
		r := redact.New(redact.Options{})
		defer r.Close()
		if err := r.AddAll([]redact.Entry{{Key: "k", Secret: secretOf(t, []byte(c.value)), Mask: c.mask}}); err != nil {
			t.Fatal(err)
		}
		if got := r.String("a " + c.value + " b"); got != "a "+c.want+" b" {
			t.Errorf("%v of %q: %q, want %q", c.mask, c.value, got, c.want)
		}
	}
	r := redact.New(redact.Options{})
	defer r.Close()
	if err := r.AddAll([]redact.Entry{{Key: "k", Secret: secretOf(t, []byte("ghp_5f0c9a7b5f0c")), Mask: redact.Mask{Mode: mask.Hash}}}); err != nil {
		t.Fatal(err)
	}
	if got := r.String("ghp_5f0c9a7b5f0c"); !strings.HasPrefix(got, "[REDACTED:k:hmac:") || strings.Contains(got, "5f0c9a7b") {
		t.Errorf("hash: %q", got)
	}
}

// TestHintShowsNoOtherValue: what a mask shows of its value is not, and does not
// contain, another value that is masked, in whichever order they are added.
func TestHintShowsNoOtherValue(t *testing.T) {
	t.Parallel()
	last := redact.Entry{Key: "url", Secret: secretOf(t, []byte("postgres-prefix-long-enough-Zq7kV9xM")), Mask: redact.Mask{Mode: "last", Keep: 8}}
	first := redact.Entry{Key: "id", Secret: secretOf(t, []byte("Kx9wQz7v-something-very-long")), Mask: redact.Mask{Mode: "first", Keep: 8}}
	harmless := redact.Entry{Key: "other", Secret: secretOf(t, []byte("another-value-with-end-7f3e")), Mask: redact.Mask{Mode: "last", Keep: 4}}
	whole := redact.Entry{Key: "pw", Secret: secretOf(t, []byte("Zq7kV9xM"))}
	part := redact.Entry{Key: "pin", Secret: secretOf(t, []byte("x9wQ")), Force: true}
	in := "postgres-prefix-long-enough-Zq7kV9xM Kx9wQz7v-something-very-long another-value-with-end-7f3e Zq7kV9xM x9wQ"
	const want = "[REDACTED:url] [REDACTED:id] [REDACTED:other:7f3e] [REDACTED:pw] [REDACTED:pin]"
	for _, order := range [][]redact.Entry{
		{last, first, harmless, whole, part}, {whole, part, last, first, harmless}, {part, last, harmless, whole, first},
	} {
		r := redact.New(redact.Options{})
		defer r.Close()
		for _, e := range order {
			if err := r.AddAll([]redact.Entry{e}); err != nil {
				t.Fatal(err)
			}
		}
		if got := r.String(in); got != want {
			t.Errorf("%s first: %q, want %q", order[0].Key, got, want)
		}
	}
}
