// Package runfiles keeps files with values in a folder in memory for as long as a
// process lives, and finds what killed processes left.
//
// Start with [New]. A folder is locked by the process that created it; [Sweep] removes
// those that nobody has locked.
package runfiles
