// Command guard compares the speed of two commits that .ci/bench-guard.sh has built:
//
//	guard [-rounds 9] BASE HEAD
//
// BASE and HEAD are folders that contain two programs each: postern, and guard, built
// from testdata/guard. In every round each operation is timed once per commit, BASE first,
// so that both run under the same load. The table shows the medians over the
// rounds; the ratio is the median of the ratios within each round. The exit status is 1
// if an operation is more than 5 % slower in HEAD.
package main
