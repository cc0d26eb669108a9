// Command guard times one operation of the library and prints the nanoseconds
// that it took:
//
//	guard -list      print the names of the operations
//	guard -row NAME  time one of them
//
// .ci/bench-guard.sh builds it against two commits and compares them. It must
// therefore use only names that both commits have: leave out a type's name where
// inference or a constructor will do.
package main
