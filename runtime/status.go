package runtime

import "github.com/postern-project/postern/runtime/secret"

// Status says how many values [Open] registered for [Options.Mask].
type Status struct {
	// Masked is the number of values that were registered for [Options.Mask].
	Masked int

	// Unmasked lists what could not be registered for it: the values of these
	// providers are masked only once they are read.
	Unmasked []Unmasked
}

// Unmasked is a provider whose values [Options.Mask] could not register.
type Unmasked struct {
	Provider string
	Code     secret.Code // why; unsupported for a provider that cannot list its keys
	Keys     int         // number of keys that it listed and that could not be read; 0 if it did not list
}
