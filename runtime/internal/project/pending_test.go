package project_test

import "testing"

// pending are rules whose subject is being rewritten: their tests print what
// does not hold yet.
var pending = map[string]bool{
	"TestPlainEnglish": true,
}

// report fails the test, unless its rule is pending.
func report(t *testing.T, format string, args ...any) {
	t.Helper()
	if pending[t.Name()] {
		t.Logf(format, args...)
		return
	}
	t.Errorf(format, args...)
}
