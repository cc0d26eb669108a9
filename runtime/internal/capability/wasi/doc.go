// Package wasi is the capability wasi_snapshot_preview1, as far as the runtimes of
// languages need it: clocks, random numbers, standard output, and no files,
// environment, arguments or network.
package wasi
