// Package run holds the command run. Start with [Command].
//
// A run goes through these steps: newPlan reads what the command line, the
// environment and files ask for; fetch gets every value; deliver puts the values
// into variables and files; runChild starts the command, masks its output, and
// returns its exit code.
package run
