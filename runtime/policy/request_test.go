package policy_test

import (
	"maps"
	"testing"

	"github.com/postern-project/postern/runtime/policy"
)

func TestParseLabels(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		entries []string
		want    map[string]string // nil for an error
	}{
		{[]string{"team=core"}, map[string]string{"team": "core"}},
		{[]string{"a=", "b=c=d"}, map[string]string{"a": "", "b": "c=d"}},
		{[]string{"a=1", "b=1", "a=2"}, nil},
		{[]string{"team"}, nil},
		{[]string{"a=1", "=core"}, nil},
		{[]string{""}, nil},
	} {
		got, err := policy.ParseLabels(c.entries)
		if (err != nil) != (c.want == nil) || !maps.Equal(got, c.want) {
			t.Errorf("ParseLabels(%q) = %v, %v, want %v", c.entries, got, err, c.want)
		}
	}
	if got, err := policy.ParseLabels(nil); got != nil || err != nil {
		t.Errorf("ParseLabels(nil) = %v, %v", got, err)
	}
}
