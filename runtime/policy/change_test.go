package policy_test

import (
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/policy"
)

func TestNextChange(t *testing.T) {
	t.Parallel()
	p := parse(t, example)
	req := policy.Request{Roles: []string{"ci"}, Op: policy.OpWatch, Key: "ci/x", Time: noon}
	if next := p.NextChange(req); !next.Equal(time.Date(2026, 3, 2, 19, 0, 0, 0, time.UTC)) {
		t.Errorf("NextChange = %s", next)
	}
	req.Key = "prod/x"
	if next := p.NextChange(req); !next.IsZero() {
		t.Errorf("NextChange = %s", next)
	}
}
