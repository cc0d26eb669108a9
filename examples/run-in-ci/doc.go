// Package runinci is an example that is a script: a job in CI. Its test plays the
// runner.
package runinci
