// Command run compares programs that start a command with secrets in its
// environment: do exit codes, signals, descriptors, the terminal and the output
// behave as if the command had been started directly? It prints a table with one
// column for each program.
//
// bench.sh builds the programs that can be built and calls it. The command that
// they start is this program again, as a probe that reports over a socket.
package main
