// Package childproc runs a child process as if our own parent had started it
// directly: with the same exit code, signals, job control, terminal and file
// descriptors. In between it can filter the output of the child.
//
// Start with [Run]. The package knows nothing about secrets; [Options.Mask] is the
// filter for the output.
//
// All of this works on Linux. On other Unix systems there is no pseudo-terminal, so
// masked output goes through pipes, and the child survives if we are killed. On
// Windows only the exit code and the output are passed on; Ctrl-C reaches the child
// through the console.
package childproc
