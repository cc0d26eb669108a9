// Package signals names signals, and lists those that end a Go program with a dump.
package signals
