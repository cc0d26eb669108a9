// Package slogrecord recognizes the time and the level of a record as log/slog prints them.
// Start with [IsTime].
package slogrecord

import "bytes"

// IsLevel reports whether b is the level of a record as log/slog prints it: a name, and
// how far the level is above or below it.
func IsLevel(b []byte) bool {
	for _, name := range []string{"DEBUG", "INFO", "WARN", "ERROR"} {
		if len(b) >= len(name) && string(b[:len(name)]) == name {
			rest := b[len(name):]
			return len(rest) == 0 || (rest[0] == '+' || rest[0] == '-') && len(rest) > 1 && digits(rest[1:]) == len(rest)-1
		}
	}
	return false
}

// IsTime reports whether b is the time of a record as log/slog prints it, such as
// 2026-01-02T03:04:05.000Z.
func IsTime(b []byte) bool {
	const seconds = "dddd-dd-ddTdd:dd:dd"
	if !shaped(b, seconds) {
		return false
	}
	b = b[len(seconds):]
	if fraction, ok := bytes.CutPrefix(b, []byte{'.'}); ok {
		n := digits(fraction)
		if n == 0 {
			return false
		}
		b = fraction[n:]
	}
	return string(b) == "Z" || len(b) == len("+dd:dd") && (shaped(b, "+dd:dd") || shaped(b, "-dd:dd"))
}

// shaped reports whether b begins with the shape, in which d stands for a digit.
func shaped(b []byte, shape string) bool {
	if len(b) < len(shape) {
		return false
	}
	for i := range len(shape) {
		if shape[i] == 'd' && (b[i] < '0' || b[i] > '9') || shape[i] != 'd' && shape[i] != b[i] {
			return false
		}
	}
	return true
}

// digits returns how many digits b begins with.
func digits(b []byte) int {
	n := 0
	for n < len(b) && '0' <= b[n] && b[n] <= '9' {
		n++
	}
	return n
}
