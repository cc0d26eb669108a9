// Package audit writes the decision log: one line when a request has been
// decided, one when it has ended.
//
// Start with [Open] for a file or [New] for a writer. [Log.Intent] writes the
// line before a provider is asked and returns an [Entry], whose Outcome writes
// the line after it. [Log.Pending] is for a request that cannot be decided before
// providers are asked. Lines hold who asked for which key and its result,
// never a value; package record defines their fields.
//
// The package decides nothing and does not rotate or sign what it writes.
package audit
