// Command cli measures whole processes that print one value: a Go hello-world,
// postern get with and without its cache of compiled code, and sops decrypting a
// file. They take turns in every round; what it prints are medians over the
// rounds, and the peak of resident memory.
package main
