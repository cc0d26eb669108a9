// Command fuzz runs fuzz targets of the repository, two at a time with one worker
// each:
//
//	fuzz                  the targets whose code changed, 10 s each
//	fuzz -all -total 30m  all targets, in 30 minutes altogether
//	fuzz -list            print what would run
//
// The code of a target is its package and all packages of the repository that the
// package's tests import, directly or indirectly, with their testdata. It has changed
// if a file differs from the merge base with main or, on main, from the parent commit.
// At most 12 targets run; the rest are listed as left for the long tier.
// In a clone without that history, a fixed choice of 12 targets runs.
package main
