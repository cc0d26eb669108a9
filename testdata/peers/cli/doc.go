// Command cli times whole processes that print one value: a Go hello-world,
// postern get with and without its cache of compiled code, and sops decrypting a
// file. In every round each of them runs once. The table shows medians over the
// rounds and the peak of resident memory.
package main
