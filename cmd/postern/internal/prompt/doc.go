// Package prompt reads a value from a terminal without showing it.
//
// Start with [Read].
package prompt
