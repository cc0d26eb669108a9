// Package signals names signals, lists those that end a Go program with a dump, and
// ends this process by one.
package signals
