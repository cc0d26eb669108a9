package policy_test

import (
	"testing"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// TestOpNames compares the names of operations with those of package secret, which
// package policy must not import.
func TestOpNames(t *testing.T) {
	t.Parallel()
	for op, want := range map[policy.Op]secret.Op{
		policy.OpGet: secret.OpGet, policy.OpSet: secret.OpSet, policy.OpDelete: secret.OpDelete,
		policy.OpKeys: secret.OpKeys, policy.OpWatch: secret.OpWatch,
	} {
		if op.String() != string(want) {
			t.Errorf("String = %q, want %q", op, want)
		}
		if got, ok := policy.ParseOp(string(want)); !ok || got != op {
			t.Errorf("ParseOp(%q) = %v, %v", want, got, ok)
		}
	}
	if op, ok := policy.ParseOp("read"); ok || policy.Op(99).String() != "" {
		t.Errorf(`ParseOp("read") = %v`, op)
	}
}
