// Package capability is what all capabilities of a guest module share. A
// capability is one import module, such as postern_env_v1; each has a package of
// its own beneath this one, and package all lists them.
//
// Start with [Capability], which such a package implements, and [Call], the state
// of one guest call, which every host function gets. [Memory] is how a host
// function reaches the guest's memory. A [Set] holds the capabilities of one
// provider: [Set.CheckGrants] compares what a module imports with what was
// granted, and [Set.Link] gives the host modules to a wazero runtime. The package
// does not load, run or restore modules, and it never calls into a guest.
package capability
