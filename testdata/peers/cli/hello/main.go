// Command hello prints a value and does nothing else: the lower bound for a Go
// program.
package main

import "os"

func main() { os.Stdout.WriteString("postgres://u:p@localhost:5432/db") }
