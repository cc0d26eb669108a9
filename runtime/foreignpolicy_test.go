package runtime_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// routedDecider is a Decider that also says what a listing asks.
type routedDecider struct {
	decider
	routes func() policy.Routes
}

func (r routedDecider) Routes(policy.Request) policy.Routes { return r.routes() }

// TestAPolicyThatPanicsDenies: every verb is policy_fault and no caller panics,
// whichever method of the Decider or of its error panics.
func TestAPolicyThatPanicsDenies(t *testing.T) {
	t.Parallel()
	allow := decider(func(policy.Request) policy.Decision {
		return policy.Decision{Allow: true, Code: policy.Allowed, Providers: []string{"own"}}
	})
	bad := decider(func(policy.Request) policy.Decision { panic("correct-horse") })
	for name, c := range map[string]struct {
		d     runtime.Decider
		lists bool // only listing fails
	}{
		"Decide panics":                   {d: bad},
		"Decide and Routes panic":         {d: routedDecider{bad, boom[policy.Routes]}},
		"Routes panics":                   {d: routedDecider{allow, boom[policy.Routes]}, lists: true},
		"its error is a nil pointer":      {d: decider(func(policy.Request) policy.Decision { return policy.Decision{Err: (*oddError)(nil)} })},
		"a method of its error panics":    {d: decider(func(policy.Request) policy.Decision { return policy.Decision{Err: oddError{text: boom[string]}} })},
		"a method of its error panics Is": {d: decider(func(policy.Request) policy.Decision { return policy.Decision{Err: oddError{is: boom[bool]}} })},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			o := runtime.Options{Policy: c.d, Providers: single("own", newGoStore(t, map[secret.Key]string{"k": "value-of-k"}))}
			o.DecisionLog.Writer, o.DecisionLog.Required = &log, true
			rt := open(t, o)
			_, get := rt.Get(t.Context(), "k")
			keys, list := rt.Keys(t.Context(), "")
			errs := map[string]error{"get": get, "get many": rt.GetMany(t.Context(), []secret.Key{"k", "l"})[0].Err, "set": rt.Set(t.Context(), "k", made(t, "new-value"))}
			if c.lists {
				clear(errs)
			}
			errs["keys"] = list
			for verb, err := range errs {
				if !errors.Is(err, secret.ErrPolicyFault) || errors.Is(err, errors.ErrUnsupported) || strings.Contains(err.Error(), "horse") {
					t.Errorf("%s = %v, want policy_fault", verb, err)
				}
			}
			if keys != nil || log.Len() == 0 {
				t.Errorf("Keys = %q, and the decision log has %d bytes", keys, log.Len())
			}
		})
	}
	_, err := runtime.Open(t.Context(), runtime.Options{Policy: (*policy.Live)(nil)})
	if !errors.Is(err, secret.ErrLoad) {
		t.Errorf("Open with a nil *policy.Live = %v, want load_failed", err)
	}
}
