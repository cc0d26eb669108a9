package mask_test

import (
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact/mask"
)

func TestMaskApply(t *testing.T) {
	t.Parallel()
	const full = "********"
	for _, c := range []struct {
		mask  mask.Mask
		value string
		want  string
	}{
		{mask.Mask{}, "ghp_0123456789", full},
		{mask.Mask{Mode: mask.Full}, "", full},
		{mask.Mask{Mode: mask.Last}, "ghp_0123456789", full + "6789"},
		{mask.Mask{Mode: mask.First}, "ghp_0123456789", "ghp_" + full},
		{mask.Mask{Mode: mask.Last, Keep: 2}, "abcde", full + "de"},
		{mask.Mask{Mode: mask.Last, Keep: 2}, "abcd", full + "cd"},
		{mask.Mask{Mode: mask.Last, Keep: 2}, "abc", full},
		{mask.Mask{Mode: mask.First, Keep: 2}, "", full},
		{mask.Mask{Mode: mask.Last, Keep: 2}, "пароль", full + "ль"},
		{mask.Mask{Mode: mask.Last, Keep: 2}, "abcdef\x1b[", full},
		{mask.Mask{Mode: mask.First, Keep: 2}, "\xff\xfeabcdef", full},
		{mask.Mask{Mode: mask.Hash}, "value", full}, // no key
		{mask.Mask{Mode: "middle"}, "ghp_0123456789", full},
		{mask.Mask{Mode: mask.Last, Keep: 100}, strings.Repeat("a", 500), full},
		{mask.Mask{Mode: mask.Last, Keep: -1}, "ghp_0123456789", full},
	} {
		if got := c.mask.Apply([]byte(c.value), nil); got != c.want {
			t.Errorf("%+v.Apply(%q) = %q, want %q", c.mask, c.value, got, c.want)
		}
	}
}

func TestMaskHash(t *testing.T) {
	t.Parallel()
	m := mask.Mask{Mode: mask.Hash}
	a, b := m.Apply([]byte("one"), []byte("k1")), m.Apply([]byte("two"), []byte("k1"))
	if a == b || a != m.Apply([]byte("one"), []byte("k1")) || a == m.Apply([]byte("one"), []byte("k2")) {
		t.Errorf("hashes %q and %q do not distinguish values and keys", a, b)
	}
	if len(a) != len(b) || !strings.HasPrefix(a, "hmac:") {
		t.Errorf("hash %q does not have the form hmac:DIGITS with a fixed length", a)
	}
}

func TestMaskValidate(t *testing.T) {
	t.Parallel()
	for m, ok := range map[mask.Mask]bool{
		{}: true, {Mode: mask.Last, Keep: 8}: true, {Mode: "half"}: false, {Mode: mask.Last, Keep: 9}: false,
	} {
		if err := m.Validate(); (err == nil) != ok {
			t.Errorf("%+v.Validate() = %v", m, err)
		}
	}
}
