// Package glob matches secret keys, caller names and the like against patterns.
//
// A pattern is a list of segments separated by "/". In a segment, "*" stands
// for any run of characters; as a whole segment it stands for exactly one
// non-empty segment. "**" must be a whole segment and stands for any number of
// segments; at the end of a pattern it stands for at least one. So "prod/**"
// matches "prod/db/password", but neither "prod" nor "production/x". There are
// no other wildcards and no escapes: a pattern with a wildcard of another language is
// an error.
//
// Start with [ParseKey] for patterns of keys and [Parse] for any other names.
//
// The package exists for the other packages of this module. It makes no
// compatibility promise.
package glob
