package app

import (
	"testing"

	"github.com/postern-project/postern/runtime/secret"
)

// A hint is the command for the failed operation and its key, as a shell takes it.
func TestHintCommands(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		e    secret.Error
		want string
	}{
		{secret.Error{Code: secret.ErrTimeout, Op: secret.OpGet, Key: "db/pw"}, "postern --timeout 2m get db/pw"},
		{secret.Error{Code: secret.ErrTimeout, Op: secret.OpKeys}, "postern --timeout 2m keys"},
		{secret.Error{Code: secret.ErrTimeout, Op: secret.OpOpen, Provider: "p"}, "postern --timeout 2m config check"},
		{secret.Error{Code: secret.ErrTimeout, Op: secret.OpGet, Key: "db/pw", Detail: "the time that the caller gave is over"}, "postern --timeout 2m get db/pw"},
		{secret.Error{Code: secret.ErrTimeout, Op: secret.OpGet, Key: "db/pw", Detail: "the call took longer than 10s, limits.call"}, "postern config show"},
		{secret.Error{Code: secret.ErrTimeout, Op: secret.OpOpen, Detail: "the module is still being compiled after limits.call, 10s"}, "postern config show"},
		{secret.Error{Code: secret.ErrThrottled, Op: secret.OpSet, Key: "k"}, "postern set k"},
		{secret.Error{Code: secret.ErrDenied, Op: secret.OpSet, Key: "k"}, "postern explain k --op set"},
		{secret.Error{Code: secret.ErrDenied, Op: secret.OpGet, Key: "-k"}, "postern explain -- -k"},
		{secret.Error{Code: secret.ErrDenied, Op: secret.OpSet, Key: "-k"}, "postern explain --op set -- -k"},
		{secret.Error{Code: secret.ErrDenied, Op: secret.OpGet, Key: "k", Provider: "b"}, "postern explain k --provider b"},
		{secret.Error{Code: secret.ErrPolicyFault, Op: secret.OpSet, Key: "-k", Provider: "b"}, "postern explain --op set --provider b -- -k"},
		{secret.Error{Code: secret.ErrInvalidValue, Key: "k"}, "postern get k --format base64"},
		{secret.Error{Code: secret.ErrInvalidValue}, "postern help get"},
		{secret.Error{Code: secret.ErrInvalidValue, Op: secret.OpGet, Key: "k", Provider: "p"}, "postern provider test p"},
		{secret.Error{Code: secret.ErrInvalidValue, Op: secret.OpSet, Key: "k", Provider: "p"}, "postern help set"},
		{secret.Error{Code: secret.ErrInvalidValue, Op: secret.OpOpen, Provider: "p"}, "postern config show"},
		{secret.Error{Code: secret.ErrInvalidKey, Op: secret.OpKeys}, "postern help keys"},
		{secret.Error{Code: secret.ErrCircuitOpen, Key: "k", Provider: "p"}, "postern provider test p"},
	} {
		if got := hintOf(&tt.e); got != tt.want {
			t.Errorf("hint of %v = %q, want %q", &tt.e, got, tt.want)
		}
	}
}
