// Package capability holds what a guest module may import: one file for each
// capability, each function checked against the grants of its provider.
//
// Start with [Open], which makes the [Set] of one provider. [Set.Check] says
// whether a module's imports are known and granted, [Set.Link] puts the host
// modules into a wazero runtime, and a [Call] carries the state of one guest
// call to the functions. The package does not load, run or reset modules, and
// it never calls into a guest.
package capability
