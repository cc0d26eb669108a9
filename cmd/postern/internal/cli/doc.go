// Package cli is the command line of Postern: one file per command, and the
// few things that they share.
//
// Start with [Main]. Standard output carries a command's result and nothing
// else; errors, warnings and hints go to standard error, and a hint is a command
// to type. Exit codes are those of sysexits, never 1 or 2, so that a script can
// tell an absent key from everything else.
//
// The package is a client of the library's public packages. It reads nothing
// but what Main is given, and holds no state outside of one call.
package cli
