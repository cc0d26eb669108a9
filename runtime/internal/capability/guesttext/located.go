package guesttext

import (
	"regexp"
	"slices"
	"sync"
)

// located matches what the built-in modules say about a file that they cannot read.
var located = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(line )([0-9]{1,9})(, column )([0-9]{1,9})(: )(.*)$`)
})

// reasons are the ends of these messages. They are words of the program, not of a file:
// a module that says one shows nothing, whatever the file contains.
var reasons = []string{
	"duplicate key", "duplicate table", "more than one document", "not JSON", "not TOML", "not YAML", "not an assignment",
	"text after the closing quote", "the document is not a mapping", "the document is not an object", "unclosed quote",
}

// numbersOf returns the numbers of a message about a place in a file, and a function
// that puts them back into the message; nil if the text is not such a message.
func numbersOf(text string) (numbers []string, message func() string) {
	m := located().FindStringSubmatch(text)
	if m == nil || !slices.Contains(reasons, m[6]) {
		return nil, nil
	}
	numbers = []string{m[2], m[4]}
	return numbers, func() string { return m[1] + numbers[0] + m[3] + numbers[1] + m[5] + m[6] }
}
