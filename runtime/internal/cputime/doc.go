// Package cputime measures processor time for tests: it depends less on other processes
// than the time on the clock.
package cputime
