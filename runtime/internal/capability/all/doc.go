// Package all lists the capabilities that a host offers. It is the only importer
// of their packages; a new capability is one field of [Grants] and one line in
// [Open].
package all
