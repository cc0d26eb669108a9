package cli

import (
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

func TestMasked(t *testing.T) {
	t.Parallel()
	const value = "ghp_9xQ2mZ7LrT4vWk1Yb8Nc"
	tests := []struct {
		mask policy.Mask
		want string
	}{
		{policy.Mask{}, "********"},
		{policy.Mask{Mode: policy.MaskFull}, "********"},
		{policy.Mask{Mode: policy.MaskFirst, Keep: 4}, "ghp_********"},
		{policy.Mask{Mode: policy.MaskLast, Keep: 2}, "********Nc"},
		{policy.Mask{Mode: policy.MaskNone}, value},
		{policy.Mask{Mode: "unheard of"}, "********"},
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
	hashed, err := masked(policy.Mask{Mode: policy.MaskHash}, v)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := hashed.ExposeString(); !strings.HasPrefix(got, "hmac:") || strings.Contains(got, value[:4]) {
		t.Errorf("a hash is %q", got)
	}
	v.Destroy()
	if _, err := masked(policy.Mask{}, v); err == nil {
		t.Error("a value that is gone is masked")
	}
}
