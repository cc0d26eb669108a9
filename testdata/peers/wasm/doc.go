// Command wasm times one get through postern's built-in modules and through other
// plugin systems: Extism, knqyf263/go-plugin and hashicorp/go-plugin. All of them
// return the same value for the same key. In every round each contender takes one
// turn, so that other load on the machine affects all of them. The table shows
// medians over the rounds.
package main
