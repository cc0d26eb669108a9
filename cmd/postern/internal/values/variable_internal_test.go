package values

import (
	"errors"
	"testing"

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
// order, and if a name is invalid.
func TestTM095NamesMeet(t *testing.T) {
	t.Parallel()
	tests := []struct {
		keys []secret.Key
		ok   bool
	}{
		{[]secret.Key{"a", "b/c"}, true},
		{[]secret.Key{"db-pass", "db_pass"}, false},
		{[]secret.Key{"db/pass", "x", "db.pass"}, false},
		{[]secret.Key{"Db", "db"}, false},
		{[]secret.Key{"1a"}, false},
	}
	for _, tt := range tests {
		var variables []Variable
		for _, key := range tt.keys {
			variables = append(variables, Variable{Name: VariableName(key), Key: key})
		}
		if err := CheckNames(t.Context(), "run", variables); (err == nil) != tt.ok || err != nil && !errors.Is(err, secret.ErrInvalidKey) {
			t.Errorf("%q: %v, want ok %v", tt.keys, err, tt.ok)
		}
	}
}
