//go:build !linux

// Package ttywait finds out on Linux which processes wait for the keys of a terminal.
package ttywait
