// Package luabox runs Lua code that is not trusted. It allows only a small set
// of functions, none of them the interpreter's own, and stops every run at an
// exact budget of instructions and memory.
//
// A program is a file and the modules that it requires. A [Sandbox] holds
// everything that the code of one program can reach. A [Loader] runs the file
// once: it calls global functions that declare something, and those calls reach
// the host's [Declarer]. A declaration may contain functions. Such a function,
// here called a predicate, is called later by a [Runner], with one argument, a
// read-only record. A predicate can change nothing that outlives its call, so
// many runners may call predicates of one sandbox at the same time.
//
// Before the file is compiled, its syntax tree is checked and rewritten: every
// operation that could ask for unbounded memory or time in one instruction
// becomes a call of a bounded function.
//
// The package does not know what the declarations mean.
package luabox
