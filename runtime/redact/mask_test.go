package redact_test

import (
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact"
)

func TestMaskApply(t *testing.T) {
	t.Parallel()
	const full = "********"
	for _, c := range []struct {
		mask  redact.Mask
		value string
		want  string
	}{
		{redact.Mask{}, "ghp_0123456789", full},
		{redact.Mask{Mode: redact.MaskFull}, "", full},
		{redact.Mask{Mode: redact.MaskLast}, "ghp_0123456789", full + "6789"},
		{redact.Mask{Mode: redact.MaskFirst}, "ghp_0123456789", "ghp_" + full},
		{redact.Mask{Mode: redact.MaskLast, Keep: 2}, "abcde", full + "de"},
		{redact.Mask{Mode: redact.MaskLast, Keep: 2}, "abcd", full + "cd"},
		{redact.Mask{Mode: redact.MaskLast, Keep: 2}, "abc", full},
		{redact.Mask{Mode: redact.MaskFirst, Keep: 2}, "", full},
		{redact.Mask{Mode: redact.MaskLast, Keep: 2}, "пароль", full + "ль"},
		{redact.Mask{Mode: redact.MaskLast, Keep: 2}, "abcdef\x1b[", full},
		{redact.Mask{Mode: redact.MaskFirst, Keep: 2}, "\xff\xfeabcdef", full},
		{redact.Mask{Mode: redact.MaskHash}, "value", full}, // no key
		{redact.Mask{Mode: "middle"}, "ghp_0123456789", full},
		{redact.Mask{Mode: redact.MaskLast, Keep: 100}, strings.Repeat("a", 500), full},
		{redact.Mask{Mode: redact.MaskLast, Keep: -1}, "ghp_0123456789", full},
	} {
		if got := c.mask.Apply([]byte(c.value), nil); got != c.want {
			t.Errorf("%+v.Apply(%q) = %q, want %q", c.mask, c.value, got, c.want)
		}
	}
}

func TestMaskHash(t *testing.T) {
	t.Parallel()
	m := redact.Mask{Mode: redact.MaskHash}
	a, b := m.Apply([]byte("one"), []byte("k1")), m.Apply([]byte("two"), []byte("k1"))
	if a == b || a != m.Apply([]byte("one"), []byte("k1")) || a == m.Apply([]byte("one"), []byte("k2")) {
		t.Errorf("hashes %q and %q do not tell values and keys apart", a, b)
	}
	if len(a) != len(b) || !strings.HasPrefix(a, "hmac:") {
		t.Errorf("hash %q has no fixed form", a)
	}
}

func TestMaskValidate(t *testing.T) {
	t.Parallel()
	for mask, ok := range map[redact.Mask]bool{
		{}: true, {Mode: redact.MaskLast, Keep: 8}: true, {Mode: "half"}: false, {Mode: redact.MaskLast, Keep: 9}: false,
	} {
		if err := mask.Validate(); (err == nil) != ok {
			t.Errorf("%+v.Validate() = %v", mask, err)
		}
	}
}
