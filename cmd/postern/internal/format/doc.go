// Package format writes values in formats that other programs read: shell and
// dotenv assignments, JSON, YAML, a Kubernetes Secret, and the command files of
// GitHub Actions.
//
// Start with [Entry] and one of the functions that append entries to a [Document].
// They are exact: a reader of the format gets the bytes of the value back, or the
// function returns an error that names the key and leaves the document unchanged.
// The package does not choose the keys and does not write files.
package format
