// Package redact compares the masker of runtime/redact with others, in one run:
//
//	go test -bench . -benchtime 3x
//
// Each round gives every masker the same log, one after the other, and the
// table shows MB per second of CPU time of the best round, the share of a plain
// copy, and how many times faster the project's masker is. It is a module of its
// own, so that nobody who uses the project inherits what it compares with.
package redact
