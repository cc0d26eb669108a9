// Command godotenv prints values of a dotenv file as godotenv reads them: those of
// the variables that its arguments name, each followed by a NUL byte.
//
//	godotenv FILE NAME...
package main

import (
	"fmt"
	"os"

	"github.com/joho/godotenv"
)

func main() {
	values, err := godotenv.Read(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, name := range os.Args[2:] {
		fmt.Print(values[name], "\x00")
	}
}
