package project_test

import "testing"

// pending are rules whose subject is being rewritten: their tests print what
// does not hold yet.
var pending = map[string]bool{
	"TestGoVersion":    true,
	"TestArchitecture": true, "TestContributing": true, "TestGlossary": true, "TestPlainEnglish": true, "TestLinks": true,
}

// pendingFiles are about to be added.
var pendingFiles = map[string]bool{".ci/long": true}

// report fails the test, unless its rule is pending.
func report(t *testing.T, format string, args ...any) {
	t.Helper()
	if pending[t.Name()] {
		t.Logf(format, args...)
		return
	}
	t.Errorf(format, args...)
}
