package secrets

import (
	"crypto/rand"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/redact/mask"
	"github.com/postern-project/postern/runtime/secret"
)

// masked returns what a redact rule lets people see of a value. Without a rule
// that is nothing, and with the rule "none" the value.
func masked(m mask.Mask, v secret.Secret) (secret.Secret, error) {
	if m.Mode == policy.MaskNone {
		return v, nil
	}
	// A key of this process alone: two hashes of one output can be compared, and
	// no guess can be tested later.
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return secret.Secret{}, err
	}
	var shown secret.Secret
	err := v.Expose(func(b []byte) (err error) {
		shown, err = secret.FromString(m.Apply(b, key))
		return err
	})
	if err != nil {
		return secret.Secret{}, err
	}
	return shown.WithMeta(v.Meta()), nil
}
