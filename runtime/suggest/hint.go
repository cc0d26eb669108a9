package suggest

import "strings"

// Hint is a shell command that fixes an error or explains it. Join or wrap it with
// the error; errors.As finds it.
type Hint string

// Error returns the command. It makes a Hint usable with errors.Join.
func (h Hint) Error() string { return string(h) }

// Command returns the hint to run a program with arguments, each quoted if
// necessary.
func Command(words ...string) Hint {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = Quote(w)
	}
	return Hint(strings.Join(quoted, " "))
}

// plain are the characters that a shell leaves alone.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-"

// Quote returns word in single quotes, unless a POSIX shell takes it unchanged
// without them.
func Quote(word string) string {
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
