// Package substrings knows which parts of what is read stand in a text.
package substrings
