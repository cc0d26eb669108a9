// Package policy compares the time of a decision of runtime/policy with that of
// other engines:
//
//	go test -bench . -benchtime 5x
//
// Every engine gets the same rules and the same requests, and is used as its
// documentation recommends for speed: compiled or prepared once, input reused
// where possible. The engines take turns. The table shows the best round of each,
// and its ratio to a map look-up written by hand in Go. It is a separate module so
// that users of the library do not inherit the engines.
package policy
