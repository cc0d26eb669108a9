package values

import (
	"testing"

	"github.com/postern-project/postern/runtime/glob"
	"github.com/postern-project/postern/runtime/secret"
)

func TestSelectionGlobs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		glob, key string
		want      bool
	}{
		{"a", "a", true}, {"a", "ab", false}, {"a", "b/a", false}, {"*", "a", true}, {"*", "a/b", false}, {"**", "a", true}, {"**", "a/b/c", true},
		{"prod/**", "prod/a", true}, {"prod/**", "prod/a/b", true}, {"prod/**", "prod", false}, {"prod/**", "production/a", false},
		{"prod/*", "prod/a", true}, {"prod/*", "prod/a/b", false}, {"**/pw", "pw", true}, {"**/pw", "a/b/pw", true}, {"**/pw", "a/xpw", false},
		{"a/**/z", "a/z", true}, {"a/**/z", "a/b/c/z", true}, {"a/**/z", "az", false}, {"APP_*", "APP_X", true}, {"APP_*", "APP_", true},
		{"*_key", "api_key", true}, {"a*c*e", "abcde", true}, {"a*c*e", "abde", false}, {"a.b", "axb", false}, {"a+", "aa", false}, {"a+", "a+", true},
	}
	for _, tt := range tests {
		g, err := glob.ParseKey(tt.glob)
		if err != nil {
			t.Errorf("glob.ParseKey(%q): %v", tt.glob, err)
			continue
		}
		if got := g.Match(tt.key); got != tt.want {
			t.Errorf("%q matches %q = %v", tt.glob, tt.key, got)
		}
	}
	for _, bad := range []string{"", "/", "a/", "/a", "a//b", "a**", "a/**b", "?", "[a]", "{a,b}", "a b", "..", "a/./b", "(", "\\"} {
		if _, err := glob.ParseKey(bad); err == nil {
			t.Errorf("glob.ParseKey(%q) = nil, want an error", bad)
		}
	}
}

func TestSelection(t *testing.T) {
	t.Parallel()
	globs := func(patterns ...string) (s Selection) {
		for i, p := range patterns {
			g, err := glob.ParseKey(p)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 && len(patterns) > 1 {
				s.except = append(s.except, g)
			} else {
				s.only = append(s.only, g)
			}
		}
		return s
	}
	for _, tt := range []struct {
		s    Selection
		key  secret.Key
		want bool
	}{
		{Selection{}, "a", true},
		{globs("a"), "a", true},
		{globs("a"), "b", false},
		{globs("a", "**"), "a", false},
		{globs("a", "**"), "b", true},
		{globs("a", "b", "c"), "c", true},
	} {
		if got := tt.s.has(tt.key); got != tt.want {
			t.Errorf("%v has %q = %v", tt.s, tt.key, got)
		}
	}
}
