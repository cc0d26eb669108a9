package values

import (
	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// Unmasked returns a function that reports whether output may show the value of a
// key: the policy lets the caller get it, and a redact rule leaves it as it is.
func Unmasked(s app.Session) func(key string) bool {
	return func(key string) bool {
		d := s.Decide(secret.OpGet, secret.Key(key))
		return d.Allow && d.Mask.Mode == policy.MaskNone
	}
}
