// Package guesttext masks what a guest says: log lines, messages and the end of what it
// wrote before a crash. The guest may write what it was given in any way, so parts of
// values are found, not only values, in several spellings of both; a text that is too
// much work is left out.
package guesttext
