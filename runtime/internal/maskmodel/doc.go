// Package maskmodel tests that masking follows the holders of a value: it drives
// two runtimes at random and compares what is masked with an oracle that knows
// only who holds what. It has tests only, in a process of their own, because they
// run the garbage collector again and again.
package maskmodel
