package cli

import (
	"testing"

	"github.com/postern-project/postern/runtime/secret"
)

func TestCompileGlob(t *testing.T) {
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
		g, err := compileGlob(tt.glob)
		if err != nil {
			t.Errorf("compileGlob(%q): %v", tt.glob, err)
			continue
		}
		if got := g.MatchString(tt.key); got != tt.want {
			t.Errorf("%q matches %q = %v", tt.glob, tt.key, got)
		}
	}
	for _, bad := range []string{"", "/", "a/", "/a", "a//b", "a**", "a/**b", "?", "[a]", "{a,b}", "a b", "..", "a/./b", "(", "\\"} {
		if _, err := compileGlob(bad); err == nil {
			t.Errorf("compileGlob(%q) is no error", bad)
		}
	}
}

func TestSelection(t *testing.T) {
	t.Parallel()
	glob := func(patterns ...string) (s selection) {
		for i, p := range patterns {
			g, err := compileGlob(p)
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
		s    selection
		key  secret.Key
		want bool
	}{
		{selection{}, "a", true},
		{glob("a"), "a", true},
		{glob("a"), "b", false},
		{glob("a", "**"), "a", false},
		{glob("a", "**"), "b", true},
		{glob("a", "b", "c"), "c", true},
	} {
		if got := tt.s.has(tt.key); got != tt.want {
			t.Errorf("%v has %q = %v", tt.s, tt.key, got)
		}
	}
}
