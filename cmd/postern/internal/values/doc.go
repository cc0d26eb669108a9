// Package values finds the values that a command line asks for.
//
// A command names single values by a [Reference] and many by a [Selection] of
// the keys that [List] returns. [Resolve] and [Fetch] read them, and
// [NameEntries] gives them the names of environment variables.
package values
