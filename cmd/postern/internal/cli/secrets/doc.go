// Package secrets holds the commands that read and write values: get, set,
// delete, keys, explain, export, inject and redact.
package secrets
