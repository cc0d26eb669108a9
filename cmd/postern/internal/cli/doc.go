// Package cli is the root of postern's commands. Start with [Main].
//
// The commands stand in packages of their own: secrets reads and writes values,
// run starts a command with them, and policy, module and config look after what
// their names say. They share package app and never import each other. Here are
// only the commands about the program itself: help, version and completion.
package cli
