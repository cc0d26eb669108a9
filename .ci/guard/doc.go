// Command guard compares the speed of two commits, which .ci/bench-guard.sh has
// built:
//
//	guard [-rounds 9] BASE HEAD
//
// BASE and HEAD are folders with two programs: guard, built from testdata/guard,
// and postern. In every round each operation runs once in the one and once in
// the other, base first, so that both meet the same machine. The table shows the
// medians over the rounds, and as the ratio the median of each round's ratio. It
// exits with 1 when an operation is more than 5 % slower in HEAD.
package main
