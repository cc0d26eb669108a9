// Package codecache keeps compiled modules, in memory or in a folder that
// outlives the process. In a folder, metered modules are kept, too.
//
// Start with [Open]. [Cache.Entry] returns the place of one module, whose
// compilation cache is given to the engine. What lies in the folder is machine
// code that will run, so the folder and all folders above it must be safe from other
// users. It is opened once, checked, and on Linux used by its descriptor. An entry
// whose files differ from their recorded checksums is removed before the engine
// opens it. Each entry has an engine of its own, in which one goroutine at a time
// compiles. The package does not defend against someone who can write the folder: that
// person can write the checksums too.
package codecache
