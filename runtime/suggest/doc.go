// Package suggest finds the name that a misspelled word was probably meant to
// be, for hints such as `did you mean "providers"?`. See [Closest].
//
// The package exists for the other packages of this module. It makes no
// compatibility promise.
package suggest
