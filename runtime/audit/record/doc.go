// Package record defines the lines of a decision log, for those who write and
// those who read one. It holds text and numbers only: no field can carry a
// value. Start with [Intent].
package record
