// Package policy compares decisions of runtime/policy with other engines, in
// one run:
//
//	go test -bench . -benchtime 5x
//
// Every engine gets the same rules and the same requests, and is used the way
// its documents call fast: compiled or prepared once, input reused where it may
// be. They take turns, and the table shows the best round of each as a ratio to
// a table written by hand in Go. It is a module of its own, so that nobody who
// uses the project inherits what it compares with.
package policy
