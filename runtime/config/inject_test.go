package config_test

import (
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/config"
)

func TestInject(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text    string
		set     bool
		key     string
		matches bool
	}{
		{"", false, "a", false},
		{", inject: true", true, "a/b/c", true},
		{", inject: false", true, "a", false},
		{", inject: []", true, "a", false},
		{", inject: [db/**, api.key]", true, "db/password", true},
		{", inject: [db/**, api.key]", true, "api.key", true},
		{", inject: [db/**, api.key]", true, "api.keys", false},
		{", inject: ['*']", true, "a/b", false},
	} {
		c, err := config.Load(named(t, "p.yaml", "providers: {p: {module: memory"+tt.text+"}}"))
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		globs, set := c.Inject["p"]
		if set != tt.set || globs.Match(tt.key) != tt.matches {
			t.Errorf("%q: set %v, and it matches %q %v; want %v and %v", tt.text, set, tt.key, globs.Match(tt.key), tt.set, tt.matches)
		}
	}
}

func TestInjectRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"yes please": `providers.p.inject: want true, false or a list of keys such as ["db/**"], got a string`,
		"{}":         "providers.p.inject: want true, false or a list of keys",
		"[1]":        "providers.p.inject[0]: want a string, got a number",
		"['']":       "providers.p.inject[0]: the string is empty",
		"[a, '/b']":  "providers.p.inject[1]: ",
		"[\"a\\0\"]": "NUL",
		"['%s/']":    "providers.p.inject[0]: ",
	} {
		if got := loadError(t, named(t, "p.yaml", "providers: {p: {module: memory, inject: "+text+"}}")); !strings.Contains(got, want) {
			t.Errorf("inject: %s: %s, want %q in it", text, got, want)
		}
	}
}
