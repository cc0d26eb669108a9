package redact_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/redact/mask"
)

// TM-009: nobody waits for the registry while a large value is copied, looked through or
// wiped.
func TestTM009LargeValuesHoldUpNobody(t *testing.T) {
	t.Parallel()
	text := "[" + strings.Repeat(`"a text","0123456789",`, 4<<20/22) + "1]"
	for name, do := range map[string]func(r *redact.Registry, v string, n int) func(){
		"Hold and Drop": func(r *redact.Registry, v string, n int) func() {
			return func() {
				h, err := r.Hold(redact.Entry{Key: "k", Secret: secretOf(t, []byte(v)), Mask: redact.Mask{Mode: mask.Hash}})
				if err != nil {
					t.Error(err)
					return
				}
				h.Drop()
			}
		},
		"Add and Remove": func(r *redact.Registry, v string, n int) func() {
			s := secretOf(t, []byte(v))
			return func() {
				if err := r.Add("k", s); err != nil {
					t.Error(err)
				}
				r.Remove("k", s)
			}
		},
	} {
		share := 1.0                              // of the time that it takes, the longest wait of another call
		for n := 0; n < 20 && share > 0.25; n++ { // the machine may be busy
			r := redact.New(redact.Options{Encodings: redact.NoEncodings, JSONLeaves: true})
			f := do(r, fmt.Sprint(n, text), n)
			done := make(chan time.Duration)
			go func() {
				begun := time.Now()
				f()
				done <- time.Since(begun)
			}()
			longest := time.Duration(0)
			for waiting := true; waiting; {
				begun := time.Now()
				r.Len()
				longest = max(longest, time.Since(begun))
				select {
				case took := <-done:
					share, waiting = min(share, longest.Seconds()/took.Seconds()), false
				default:
				}
			}
			r.Close()
		}
		if share > 0.25 {
			t.Errorf("%s: others waited for %.0f %% of the time", name, 100*share)
		}
	}
}
