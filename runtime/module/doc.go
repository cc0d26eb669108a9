// Package module reads a .wasm file as its user sees it: what it is called, what
// it can do, what it wants to reach, and whether it is still the file that was
// once looked at. It never runs a module.
//
// Start with [Inspect]. [Pack] writes a [Manifest] into a module, and a [Lock]
// pins modules by digest, size and wants, so that a file that changed is refused
// with the difference.
//
// Every file is taken to be hostile: errors hold text of it only quoted and cut,
// and a manifest with anything unexpected in it is refused. What Inspect accepts
// may still be refused by a host, which validates instructions, knows the
// operator's grants and has limits of its own.
package module
