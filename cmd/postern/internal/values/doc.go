// Package values finds the values that a command line asks for.
//
// A command names single values by a [Reference] and many by a [Selection] of
// the keys of an [Inventory]. [Resolve] and [FetchVariables] read them.
// [Inventory.ByRule] decides which keys become environment variables although nobody
// has named the variables.
package values
