// Command wasm measures one get through Postern's built-in modules and through
// other ways of asking code that is not one's own: Extism, knqyf263/go-plugin and
// hashicorp/go-plugin. All of them answer with the same value for the same key.
// The contenders take turns in every round, so that what the machine does besides
// hits all of them; what it prints are medians over the rounds.
package main
