// Package runinci tests the workflow of this example: the test takes the part of
// the CI runner.
package runinci
