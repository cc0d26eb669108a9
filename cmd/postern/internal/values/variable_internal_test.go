package values

import (
	"errors"
	"slices"
	"testing"

	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/runtime/secret"
)

func TestVariableName(t *testing.T) {
	t.Parallel()
	for key, want := range map[secret.Key]string{
		"db/password": "DB_PASSWORD", "a.b-c:d@e+f": "A_B_C_D_E_F", "Already_9": "ALREADY_9", "9x": "9X", "+": "_",
	} {
		if got := VariableName(key); got != want {
			t.Errorf("VariableName(%q) = %q, want %q", key, got, want)
		}
	}
}

// TestTM095NamesMeet: it is an error if two keys have the same variable, in any
// order, and if a name is invalid or dangerous.
func TestTM095NamesMeet(t *testing.T) {
	t.Parallel()
	tests := []struct {
		keys    []secret.Key
		allowed []string
		ok      bool
	}{
		{[]secret.Key{"a", "b/c"}, nil, true},
		{[]secret.Key{"db-pass", "db_pass"}, nil, false},
		{[]secret.Key{"db/pass", "x", "db.pass"}, nil, false},
		{[]secret.Key{"Db", "db"}, nil, false},
		{[]secret.Key{"1a"}, nil, false},
		{[]secret.Key{"path"}, nil, false},
		{[]secret.Key{"path"}, []string{"PATH"}, true},
		{[]secret.Key{"path", "ld/preload"}, []string{"PATH"}, false},
	}
	for _, tt := range tests {
		var entries []format.Entry
		for _, key := range tt.keys {
			entries = append(entries, format.Entry{Key: key})
		}
		if err := NameEntries(entries, tt.allowed); (err == nil) != tt.ok || err != nil && !errors.Is(err, secret.ErrInvalidKey) {
			t.Errorf("%q with %q: %v, want ok %v", tt.keys, tt.allowed, err, tt.ok)
		}
	}
}

func TestDangerousNames(t *testing.T) {
	t.Parallel()
	if names := dangerousNames(); !slices.IsSorted(names) {
		t.Errorf("the list is not sorted: %q", names)
	}
	for name, want := range map[string]bool{
		"LD_PRELOAD": true, "LD_AUDIT": true, "DYLD_INSERT_LIBRARIES": true, "BASH_FUNC_ls__": true, "PATH": true, "BASH_ENV": true, "ENV": true,
		"NODE_OPTIONS": true, "JAVA_TOOL_OPTIONS": true, "_JAVA_OPTIONS": true, "GIT_SSH_COMMAND": true, "GIT_CONFIG_COUNT": true, "PYTHONSTARTUP": true,
		"PERL5OPT": true, "RUBYOPT": true, "IFS": true, "PS4": true, "PROMPT_COMMAND": true, "GITHUB_ENV": true,
		"GITHUB_TOKEN": false, "DB_PASSWORD": false, "LD": false, "PATHS": false, "OLD_PATH": false, "HTTP_PROXY": false,
	} {
		if got := Dangerous(name); got != want {
			t.Errorf("Dangerous(%q) = %v", name, got)
		}
	}
}
