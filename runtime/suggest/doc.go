// Package suggest helps users to correct a mistake. [Closest] finds the name that a
// misspelled word was probably meant to be. [Hint] attaches a command to an error.
//
// The package exists for the other packages of this module. It makes no
// compatibility promise.
package suggest
