package secrets

import (
	"crypto/rand"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/redact/mask"
	"github.com/postern-project/postern/runtime/secret"
)

// masked returns the part of a value that a redact rule shows: nothing of it
// without a rule, all of it with the mode "none".
func masked(m mask.Mask, v secret.Secret) (secret.Secret, error) {
	if m.Mode == policy.MaskNone {
		return v, nil
	}
	// The key exists only in this process: hashes in one output can be compared,
	// but nobody can test guesses against them later.
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
