// Package cli is the root of postern's commands. Start with [Main].
//
// The commands are in packages of their own: secrets reads and writes values, run
// starts a command with values, and policy, module and config are about the parts of
// the setup that they are named after. These packages share package app and never
// import each other. This package has only the commands about the program itself:
// help, version and completion.
package cli
