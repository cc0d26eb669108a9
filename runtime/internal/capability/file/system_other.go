//go:build !unix

package file

// nonBlocking has no flags where pipes are not files in folders.
const nonBlocking = 0
