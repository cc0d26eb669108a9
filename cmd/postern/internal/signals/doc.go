// Package signals names signals, lists those that end a program, and ends or stops this
// process by one.
package signals
