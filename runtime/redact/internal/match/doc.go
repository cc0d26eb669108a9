// Package match finds values in text, in all their encodings, and replaces them
// by masks.
//
// Start with [Index], the set of values that are searched. It changes; a [Set] is
// what it was at one moment, and does not. [Scan] is the memory of one search,
// with its result.
//
// What stays on the Go heap of a value are seeded hashes. Where bytes are
// needed they are made again from the [Value], in the memory of a Scan, and
// cleared by [Scan.Wipe].
package match
