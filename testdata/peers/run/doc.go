// Command run asks programs that start a command with secrets in its environment
// how well they stand in for its parent: exit codes, signals, descriptors,
// terminal, output. It prints a table with one column per program.
//
// bench.sh builds what can be built and calls it. The command that is started is
// this program again, in the role of a probe that reports over a socket.
package main
