package secrets

import (
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/redact/mask"
	"github.com/postern-project/postern/runtime/secret"
)

func TestMasked(t *testing.T) {
	t.Parallel()
	const value = "ghp_9xQ2mZ7LrT4vWk1Yb8Nc"
	tests := []struct {
		mask mask.Mask
		want string
	}{
		{mask.Mask{}, "********"},
		{mask.Mask{Mode: mask.Full}, "********"},
		{mask.Mask{Mode: mask.First, Keep: 4}, "ghp_********"},
		{mask.Mask{Mode: mask.Last, Keep: 2}, "********Nc"},
		{mask.Mask{Mode: policy.MaskNone}, value},
		{mask.Mask{Mode: "unheard of"}, "********"},
	}
	v, err := secret.FromString(value)
	if err != nil {
		t.Fatal(err)
	}
	v = v.WithMeta(secret.Meta{Provider: "p", Version: "1"})
	for _, tt := range tests {
		shown, err := masked(tt.mask, v)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := shown.ExposeString(); got != tt.want || shown.Provider() != "p" || shown.Version() != "1" {
			t.Errorf("%v shows %q of %q, want %q", tt.mask, got, shown.Provider(), tt.want)
		}
	}
	hashed, err := masked(mask.Mask{Mode: mask.Hash}, v)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := hashed.ExposeString(); !strings.HasPrefix(got, "hmac:") || strings.Contains(got, value[:4]) {
		t.Errorf("a hash is %q", got)
	}
	v.Destroy()
	if _, err := masked(mask.Mask{}, v); err == nil {
		t.Error("a value that is gone is masked")
	}
}
