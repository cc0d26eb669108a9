package suggest

// Hint is a shell command that fixes an error or explains it. Join or wrap it with
// the error; errors.As finds it.
type Hint string

// Error returns the command. It makes a Hint usable with errors.Join.
func (h Hint) Error() string { return string(h) }
