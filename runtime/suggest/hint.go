package suggest

// Hint is a shell command that fixes the error in whose tree it stands: join it
// to the error, and find it with errors.As.
type Hint string

// Error returns the command, so that a Hint can stand in the tree of an error.
func (h Hint) Error() string { return string(h) }
