// Package guesttest calls host functions through a guest, for the tests of the
// capabilities. Only tests import it.
package guesttest
