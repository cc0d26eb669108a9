package redact_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-project/postern/runtime/redact"
)

// keystore returns a large value, as a file in base64 with lines of 64 characters.
func keystore(size int) string {
	r := rand.New(rand.NewPCG(6, 6))
	b := make([]byte, size*3/4)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	var text strings.Builder
	for line := range strings.SplitSeq(wrap(base64.StdEncoding.EncodeToString(b), 64), "\n") {
		fmt.Fprintln(&text, line)
	}
	return text.String()
}

func wrap(s string, columns int) string {
	var lines []string
	for ; len(s) > columns; s = s[columns:] {
		lines = append(lines, s[:columns])
	}
	return strings.Join(append(lines, s), "\n")
}

// A large value that comes in many writes is masked as in one, and what follows it comes
// out, at the latest after a pause.
func TestLargeValueInManyWrites(t *testing.T) {
	t.Parallel()
	v := keystore(8 << 10)
	text := "before\n" + v + "after it\n" + v[:len(v)/2] + "no value\n"
	synctest.Test(t, func(t *testing.T) {
		r := redact.New(redact.Options{})
		if err := r.Add("k", secretOf(t, []byte(v))); err != nil {
			t.Fatal(err)
		}
		want := r.String(text)
		for _, size := range []int{64, 1000} {
			for _, o := range []redact.WriterOptions{{}, {Idle: -1}} {
				var out bytes.Buffer
				w := r.Writer(&out, o)
				for at := 0; at < len(text); at += size {
					n, err := w.Write([]byte(text[at:min(len(text), at+size)]))
					if err != nil || n != min(size, len(text)-at) {
						t.Fatalf("Write = %d, %v", n, err)
					}
				}
				if o.Idle == 0 {
					time.Sleep(2 * redact.DefaultIdle)
					synctest.Wait()
					if !strings.HasSuffix(out.String(), "no value\n") {
						t.Errorf("writes of %d: after a pause the end is %.60q", size, out.String()[max(0, out.Len()-60):])
					}
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				if out.String() != want {
					t.Errorf("writes of %d, idle %v: %d bytes, want %d: %.200q", size, o.Idle, out.Len(), len(want), out.String())
				}
			}
		}
		r.Close()
	})
}

// A large value of one line that comes in small writes, each before a pause would be over, is
// masked from its first byte.
func TestLargeValueWithoutAPauseShowsNothing(t *testing.T) {
	t.Parallel()
	v := strings.ReplaceAll(keystore(12<<10), "\n", "")
	synctest.Test(t, func(t *testing.T) {
		r := redact.New(redact.Options{})
		if err := r.Add("k", secretOf(t, []byte(v))); err != nil {
			t.Fatal(err)
		}
		for _, size := range []int{64, 500, 3000} {
			var out bytes.Buffer
			w := r.Writer(&out, redact.WriterOptions{})
			for at := 0; at < len(v); at += size {
				if _, err := w.Write([]byte(v[at:min(len(v), at+size)])); err != nil {
					t.Fatal(err)
				}
				time.Sleep(redact.DefaultIdle / 3)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if out.String() != "[REDACTED:k]" {
				t.Errorf("writes of %d: %.80q", size, out.String())
			}
		}
		r.Close()
	})
}

// Nothing of a large value is held for longer than the pause while other text comes without
// one.
func TestWhatFollowsALargeValueDoesNotWait(t *testing.T) {
	t.Parallel()
	v := keystore(40 << 10)
	synctest.Test(t, func(t *testing.T) {
		r := redact.New(redact.Options{})
		if err := r.Add("k", secretOf(t, []byte(v))); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		w := r.Writer(&out, redact.WriterOptions{})
		if _, err := w.Write([]byte(v[:30<<10])); err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			fmt.Fprintf(w, "line %d of something else\n", i)
			time.Sleep(redact.DefaultIdle / 4)
		}
		synctest.Wait()
		if got := out.String(); !strings.Contains(got, "line 10 of") {
			t.Errorf("after five pauses there is %.200q", got)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		r.Close()
	})
}

// The cost of a large value grows with its size and not with the number of writes.
func TestTM004ManyWritesOfALargeValue(t *testing.T) {
	t.Parallel()
	took := func(size int) time.Duration {
		v := keystore(size)
		r := redact.New(redact.Options{})
		defer r.Close()
		if err := r.Add("k", secretOf(t, []byte(v))); err != nil {
			t.Fatal(err)
		}
		r.Compact()
		best := time.Hour
		for range 2 {
			begun := time.Now()
			w := r.Writer(new(bytes.Buffer), redact.WriterOptions{AfterFunc: func(time.Duration, func()) func() bool { return func() bool { return true } }})
			for line := range strings.Lines(v) {
				if _, err := w.Write([]byte(line)); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			best = min(best, time.Since(begun))
		}
		return best
	}
	small, large := took(8<<10), took(64<<10)
	for n := 0; n < 5 && large > 16*small; n++ { // the machine may be busy
		small, large = max(small, took(8<<10)), min(large, took(64<<10))
	}
	if large > 16*small {
		t.Errorf("a value of 8 KiB takes %v, one of 64 KiB %v", small, large)
	}
}
