// Package substrings finds the longest suffix of a byte stream that also occurs in a text.
package substrings
