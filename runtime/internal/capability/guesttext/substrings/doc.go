// Package substrings finds the longest end of a byte stream that also occurs in a text.
package substrings
