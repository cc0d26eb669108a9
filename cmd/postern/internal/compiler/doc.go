// Package compiler compiles modules in another process of the same program, so that
// a hostile module exhausts no more than that process.
//
// Start with [Compile], which starts such a process and waits for it; [Main] is what it
// runs, and [Limits] measures how it is limited. The process has no environment, a process
// group of its own, and is given the module, a place for its errors and the folder of the
// cache. It ends with the process that started it. On systems other than Linux there is no
// [Compile].
package compiler
