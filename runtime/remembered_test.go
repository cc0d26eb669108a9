package runtime_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime"
)

// What a module was given when it was opened, in its settings, or in an earlier call
// whose memory it keeps, is not shown in the log of a later call either.
func TestTM019WhatAGuestRemembersIsNotShown(t *testing.T) {
	t.Parallel()
	values := []string{"correct-horse-battery", "4111 1111 1111 1111", "tok-hunter2-horse"}
	for _, mode := range []runtime.Mode{runtime.Isolated, runtime.Pooled, runtime.Serial} {
		h := &handler{}
		p := careless(t, "remembers")
		p.Mode, p.Config = mode, map[string]string{"token": values[2]}
		p.Grant.Env = append(p.Grant.Env, "SECOND")
		rt := open(t, runtime.Options{
			Providers: []runtime.ProviderOptions{p}, AllowUnpinned: true,
			Environ: environ("GRANTED="+values[0], "SECOND="+values[1]), Logger: slog.New(h),
		})
		for _, key := range []runtime.Key{"k", "read", "k", "k"} {
			_, _ = rt.Get(t.Context(), key)
		}
		shown := h.String()
		if !strings.Contains(shown, "[REDACTED:GRANTED]") || !strings.Contains(shown, "[REDACTED:token]") {
			t.Errorf("%s: no masks in %s", mode, shown)
		}
		if want := mode != runtime.Isolated; strings.Contains(shown, "[REDACTED:SECOND]") != want {
			t.Errorf("%s: the mask of what was read in the call before is there: %v, want %v in %s", mode, !want, want, shown)
		}
		for _, value := range values {
			if strings.Contains(shown, value) {
				t.Errorf("%s: the log shows %q: %s", mode, value, shown)
			}
		}
	}
}
