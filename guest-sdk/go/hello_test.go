package postern_test

import (
	"slices"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

func codeOf(err error) secret.Code { return secret.CodeOf(err) }

func TestHello(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config map[string]string
		want   string
	}{
		{nil, "hello, world"},
		{map[string]string{"greeting": "good day"}, "good day"},
		{map[string]string{"greeting": ""}, ""},
		{map[string]string{"greting": "x"}, "error: invalid_value"},
	} {
		o := options(t, "hello")
		o.Providers[0].Config = c.config
		rt := open(t, o)
		if got := text(t, rt, "hello"); got != c.want {
			t.Errorf("with %q: hello = %q, want %q", c.config, got, c.want)
		}
	}
}

// TestHelloShows checks what can be read from the module without running it: its
// operations, and that it needs no grant.
func TestHelloShows(t *testing.T) {
	t.Parallel()
	rt := open(t, options(t, "hello"))
	p := rt.Providers()[0]
	if want := []secret.Op{secret.OpGet, secret.OpKeys}; !slices.Equal(p.Verbs, want) {
		t.Errorf("verbs = %q, want %q", p.Verbs, want)
	}
	slices.Sort(p.Wants)
	if want := []string{"postern_v1", "wasi_snapshot_preview1"}; !slices.Equal(p.Wants, want) {
		t.Errorf("imports from %q, want %q", p.Wants, want)
	}
	keys, err := rt.Keys(t.Context(), "")
	if err != nil || !slices.Equal(keys, []runtime.Key{"hello"}) {
		t.Errorf("Keys() = %q, %v, want hello", keys, err)
	}
	if got := text(t, rt, "other"); got != "error: not_found" {
		t.Errorf("other = %q, want not_found", got)
	}
}
