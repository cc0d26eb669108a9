// Command fuzz runs fuzz targets of the repository, two at a time with one worker
// each:
//
//	fuzz                  the targets whose code changed, 10 s each
//	fuzz -all -total 35m  all targets, which share the time
//	fuzz -list            print what would run
//
// A target's code is its package and every package of the repository that its
// tests import, directly or not, with their testdata. It has changed when a file
// differs from the commit that HEAD branched off from main, or on main from the
// commit before. At most 12 targets run; the others are named as left to the long
// tier. A clone without that history runs 12 targets that do not depend on what
// changed.
package main
