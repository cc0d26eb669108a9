// Package promises tests what the project promises about hostile and broken
// modules, and prints figures: P4, a module reaches nothing that was not granted;
// P5, it cannot crash the host; P6, deadlines hold; P7, a crash never shows in an
// answer.
//
// A short form of the tests runs with all others. The long form prints the figures:
//
//	go test -count=1 -v ./runtime/internal/promises -long -seed 1
//
// Every run prints its seed, and -seed repeats its random choices. The package
// consists of tests only.
package promises
