// Package childproc starts one process and stands between it and whoever started
// us, so that neither can tell: exit code, signals, job control, terminal and
// descriptors are as if the process had been started directly.
//
// Start with [Run]. It knows nothing of secrets: what a caller wants done to the
// child's output is a function in [Options].
//
// Everything holds on Linux. Other Unix systems have no pseudo-terminal here, so
// that output which is to be masked goes through pipes, and the child outlives a
// killed parent. Where there are no Unix signals, the child has its exit code and
// its output, and the console's Ctrl-C reaches it from the system.
package childproc
