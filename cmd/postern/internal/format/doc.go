// Package format writes values in the formats that other programs read: shell
// and dotenv assignments, JSON, YAML, a Kubernetes Secret, and what a GitHub
// Actions runner reads.
//
// Start with [Entry] and one of the functions that append entries to a
// [Document]. Each of them is exact: a reader of the format gets the bytes of
// the value back, or the function returns an error that names the key and leaves
// nothing half written. The package decides neither which keys are written nor
// where the document goes.
package format
