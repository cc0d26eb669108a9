// Package module describes .wasm files for their users: the name of a module, what
// it can do, which capabilities it wants, and whether the file has changed. It never
// runs a module.
//
// Start with [Inspect]. [Pack] writes a [Manifest] into a module. A [Lock] pins
// modules by digest, size and wants, so that a changed file is refused with the
// difference.
//
// Every file is assumed to be hostile: its text appears in errors only quoted and
// cut, and a manifest with anything unexpected in it is refused. Inspect and a host
// check a module with the same code, in package check.
package module
