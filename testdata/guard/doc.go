// Command guard times one operation of the library and prints the nanoseconds that it
// takes:
//
//	guard -list      print the names of the operations
//	guard -row NAME  time one of them
//
// .ci/bench-guard.sh builds it against two commits and compares them, so it may only
// use names that exist in both. Prefer inference to the names of types.
package main
