// Command hello is the floor: the least that a Go program can do to print a value.
package main

import "os"

func main() { os.Stdout.WriteString("postgres://u:p@localhost:5432/db") }
