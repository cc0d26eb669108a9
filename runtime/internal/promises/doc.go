// Package promises holds what the project promises about hostile and broken
// modules, as tests that count: P4, a module reaches nothing that was not
// granted; P5, it cannot take the host down; P6, deadlines hold; P7, crashes do
// not show in the answers.
//
// The tests run a short form with all others. The long form prints the figures:
//
//	go test -count=1 -v ./runtime/internal/promises -long -seed 1
//
// Every run prints its seed; -seed repeats its choices. There is no code here
// but tests.
package promises
