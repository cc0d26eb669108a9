package match

// Value is a secret value that is searched. Its methods are called by several
// goroutines at once.
type Value interface {
	// Expose calls f with the bytes of the value, which are always the same, and
	// returns f's error. f keeps no part of them. If the value is not live, Expose
	// may return an error instead.
	Expose(f func([]byte) error) error
	// Live reports whether the value is still searched. Once false, it stays so.
	Live() bool
	// Forced reports whether the value is searched at any length.
	Forced() bool
	// Mask returns the text that replaces the value.
	Mask() string
	// Hint returns what the mask shows of the value, "" if nothing, the mask, and the
	// mask without the hint.
	Hint() (hint, mask, plain string)
}
