package runtime_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// Options.Mask registers at Open what the caller may read, the values that an
// earlier provider hides included, and nothing else.
func TestOptionsMask(t *testing.T) {
	t.Parallel()
	a := newGoStore(t, map[secret.Key]string{"prod/db": "value-of-a-prod", "dev/db": "value-of-a-dev", "hidden": "value-of-a-hidden"})
	b := newGoStore(t, map[secret.Key]string{"prod/db": "value-of-b-prod"})
	mute := newGoStore(t, nil)
	mute.keysErr = secret.ErrUnsupported
	down := newGoStore(t, nil)
	down.keysErr = secret.ErrUnavailable
	absent := newGoStore(t, nil)
	absent.keysErr = secret.ErrNotConfigured
	aside := newGoStore(t, map[secret.Key]string{"prod/db": "value-of-aside"})
	o := runtime.Options{
		Chain: []runtime.ChainLink{{Name: "a"}, {Name: "b"}, {Name: "mute"}, {Name: "down"}, {Name: "absent"}},
		Mask:  []string{"prod/**", "hidden"},
		PolicyFile: lua(t, `allow { "all", keys = "**" }
deny { "hidden", keys = "hidden", ops = "get" }`),
	}
	for name, s := range map[string]*goStore{"a": a, "b": b, "mute": mute, "down": down, "absent": absent, "aside": aside} {
		o.Providers = append(o.Providers, single(name, s)...)
	}
	slices.SortFunc(o.Providers, func(x, y runtime.ProviderOptions) int { return len(x.Name) - len(y.Name) })
	rt := open(t, o)
	for _, masked := range []string{"value-of-a-prod", "value-of-b-prod"} {
		wantMasked(t, rt.Redactor(), masked, "Options.Mask names it")
	}
	text := "value-of-a-dev value-of-a-hidden value-of-aside"
	if got := rt.Redactor().String(text); got != text {
		t.Errorf("values that Mask does not name, or that the caller may not read, are registered: %q", got)
	}
	s := rt.Status()
	want := []runtime.Unmasked{{Provider: "mute", Code: secret.ErrUnsupported}, {Provider: "down", Code: secret.ErrUnavailable}}
	if s.Masked != 2 || !slices.Equal(s.Unmasked, want) {
		t.Errorf("Status = %+v, want 2 values and %+v", s, want)
	}
	o.Mask = []string{"prod/**x"}
	if _, err := runtime.Open(t.Context(), o); !errors.Is(err, secret.ErrLoad) {
		t.Errorf("Open with a pattern that cannot match = %v, want load_failed", err)
	}
}

// Options.Mask follows what the caller may get, not what the caller may list.
func TestOptionsMaskNeedsNoRightToList(t *testing.T) {
	t.Parallel()
	s := newGoStore(t, map[secret.Key]string{"a": "value-of-a-long", "b": "value-of-b-long", "c": "value-of-c-long"})
	rt := open(t, runtime.Options{
		Providers: single("own", s), Mask: []string{"**"},
		PolicyFile: lua(t, `allow { "get", keys = { "a", "b" }, ops = "get" } allow { "list", keys = { "b", "c" }, ops = "keys" }`),
	})
	for _, v := range []string{"value-of-a-long", "value-of-b-long"} {
		wantMasked(t, rt.Redactor(), v, "the caller may get it")
	}
	if got := rt.Redactor().String("value-of-c-long"); got != "value-of-c-long" {
		t.Errorf("a value that the caller may not get is registered: %q", got)
	}
	if st := rt.Status(); st.Masked != 2 || len(st.Unmasked) != 0 {
		t.Errorf("Status = %+v, want 2 values", st)
	}
}
