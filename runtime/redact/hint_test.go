package redact_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/redact/mask"
)

// TM-156: what a mask shows of a value is searched as other text is, so that it shows no
// other value, whichever was added first.
func TestTM156MasksShowNoValue(t *testing.T) {
	t.Parallel()
	const other = "s3cretp9"
	for _, c := range []struct {
		shown, value string
		leaves       bool
	}{
		{other, other, false}, {other, other + "\n", false}, {other, " " + other + "\t", false}, {other, "'" + other + "'", false}, {other, "line-one-1\n" + other + "\nx", false},
		{other, `{"password":"` + other + `"}`, true}, {other, `["` + other + `"]`, true}, {other, "cretp", false}, {other, "\ncret\n", false},
		{base64.StdEncoding.EncodeToString([]byte("s3cret")), "s3cret", false}, {hex.EncodeToString([]byte("abcd")), "abcd", false},
	} {
		for _, m := range []redact.Mask{{Mode: mask.Last, Keep: len(c.shown)}, {Mode: mask.First, Keep: len(c.shown)}} {
			long := "postgres://app-" + c.shown
			if m.Mode == mask.First {
				long = c.shown + "-app//:sergtsop"
			}
			entries := []redact.Entry{{Key: "dsn", Secret: secretOf(t, []byte(long)), Mask: m}, {Key: "pw", Secret: secretOf(t, []byte(c.value))}}
			for range 2 {
				r := redact.New(redact.Options{JSONLeaves: c.leaves})
				if err := r.AddAll(entries[:1]); err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				w := r.Writer(&out, redact.WriterOptions{})
				if _, err := w.Write([]byte("x " + long + " ")); err != nil {
					t.Fatal(err)
				}
				if err := r.AddAll(entries[1:]); err != nil {
					t.Fatal(err)
				}
				if got := r.String(c.shown); got == c.shown {
					t.Fatalf("%q is not masked because of %q", c.shown, c.value)
				}
				in := "x " + long + " y"
				if got := r.String(in); got != "x [REDACTED:dsn] y" {
					t.Errorf("%q, with %q: %q", in, c.value, got)
				}
				out.Reset()
				if _, err := w.Write([]byte(long + "\n")); err != nil || w.Close() != nil {
					t.Fatal(err)
				}
				if strings.Contains(out.String(), ":"+c.shown) {
					t.Errorf("a stream of %q, with %q: %q", long, c.value, out.String())
				}
				r.Close()
				slices.Reverse(entries)
			}
		}
	}
}
