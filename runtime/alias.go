package runtime

import "github.com/postern-project/postern/runtime/secret"

// The vocabulary under the names that a program embedding the runtime reads
// best; package secret documents them.
type (
	// SecretProvider is [secret.Provider].
	SecretProvider = secret.Provider
	// Secret is [secret.Secret].
	Secret = secret.Secret
	// Key is [secret.Key].
	Key = secret.Key
	// SecretError is [secret.Error].
	SecretError = secret.Error
	// SecretEvent is [secret.Event].
	SecretEvent = secret.Event
)
