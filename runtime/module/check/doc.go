// Package check decides whether a file is a module that a Postern host loads. It
// is the only place that does: package module calls it to inspect a file, and the
// host calls it before it loads a module and again before it links one, so that
// all of them give the same answer in the same words.
//
// Start with [Module]. The package does not know grants, which the host checks,
// and it does not read manifests, which package module does. It checks indexes and
// limits in the code, and leaves operand types to the engine.
//
// Its functions exist for package module and the host, and carry no compatibility
// promise; [Error] and the reasons are part of package module's promise.
package check
