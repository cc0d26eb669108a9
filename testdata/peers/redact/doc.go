// Package redact compares the masker of runtime/redact with others, in one run:
//
//	go test -bench . -benchtime 3x
//
// Each round gives every masker the same log, one after the other. The table shows
// MB per second of CPU time in the best round, that as a fraction of a plain copy,
// and how many times faster the project's masker is. This is a separate module, so
// that the others do not become dependencies of the project.
package redact
