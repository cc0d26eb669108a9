//go:build !linux

// Package waiting finds out on Linux which processes wait for the keys of a terminal.
package waiting
