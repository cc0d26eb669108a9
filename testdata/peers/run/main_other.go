//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "run: the comparison runs only on Linux")
	os.Exit(1)
}
