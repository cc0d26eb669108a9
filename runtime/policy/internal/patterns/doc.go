// Package patterns matches the lists of patterns of a rule, and says what is missing
// where they do not match.
package patterns
