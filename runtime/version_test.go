package runtime_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/audit"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// answering is a provider that answers with versions of its choice.
type answering struct {
	*goStore
	version string
	done    func()
}

func (v *answering) GetMany(_ context.Context, keys []secret.Key) []secret.Result {
	defer v.done()
	results := make([]secret.Result, len(keys))
	for i, k := range keys {
		results[i].Key = k
		results[i].Secret, results[i].Err = v.peek("k")
		results[i].Secret = results[i].Secret.WithMeta(secret.Meta{Version: v.version})
	}
	return results
}

// TestTM009VersionsAreMaskedInBoundedTime: what a provider says about thousands of values
// is masked for the decision log within the time of a call, and not at all any more when
// the caller has given up. What is not masked is not shown.
func TestTM009VersionsAreMaskedInBoundedTime(t *testing.T) {
	t.Parallel()
	registry := redact.New(redact.Options{})
	defer registry.Close()
	var entries []redact.Entry
	for i := range 500 {
		v := fmt.Sprintf("%d", i)
		for n := i; len(v) < 24; n = n*7 + 3 {
			v += string(`"\'%`[n&3])
		}
		entries = append(entries, redact.Entry{Key: fmt.Sprintf("v%d", i), Secret: made(t, v)})
	}
	if err := registry.AddAll(entries); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		keys   int
		limit  time.Duration
		gaveUp bool
		some   bool // versions are left out
	}{
		"few":                          {20, 50 * time.Millisecond, false, false},
		"many":                         {4000, 50 * time.Millisecond, false, true},
		"few, the caller has given up": {20, 10 * time.Second, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			ctx, giveUp := context.WithCancel(t.Context())
			defer giveUp()
			v := &answering{newGoStore(t, map[secret.Key]string{"k": "value-of-a-key"}), strings.Repeat(`\\"%5c`, 40), func() {}}
			if c.gaveUp {
				v.done = giveUp
			}
			rt, err := runtime.Open(t.Context(), runtime.Options{
				Providers: single("go", v), Redactor: registry, Limits: runtime.Limits{Call: c.limit},
				DecisionLog: runtime.DecisionLog{Writer: &out, Options: audit.Options{Required: !c.gaveUp}},
			})
			if err != nil {
				t.Fatal(err)
			}
			keys := make([]runtime.Key, c.keys)
			for i := range keys {
				keys[i] = runtime.Key(fmt.Sprintf("k%d", i))
			}
			rt.GetMany(ctx, keys)
			if err := rt.Close(); err != nil {
				t.Fatal(err)
			}
			left, whole := strings.Count(out.String(), "[left out]"), strings.Count(out.String(), `"version":"\\\\`)
			if (left > 0) != c.some || (whole > 0) == c.gaveUp || left+whole != c.keys {
				t.Errorf("%d versions are left out, and %d are not, of %d", left, whole, c.keys)
			}
		})
	}
}
