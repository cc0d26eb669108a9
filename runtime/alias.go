package runtime

import "github.com/postern-project/postern/runtime/secret"

// The vocabulary under the names that a program embedding the runtime reads
// best; package secret documents them.
type (
	// SecretProvider is [secret.Provider].
	SecretProvider = secret.Provider
	// Secret is a handle on a value, which printing never shows: see [secret.Secret].
	Secret = secret.Secret
	// Key names a value, such as "db/password": see [secret.Key] for its grammar.
	Key = secret.Key
	// SecretError is [secret.Error].
	SecretError = secret.Error
	// SecretEvent is [secret.Event].
	SecretEvent = secret.Event
)
