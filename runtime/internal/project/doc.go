// Package project holds no code: its tests keep the repository in shape. They
// read it as text and through the go command, and fail on an import that no
// arrow allows, a dependency that nobody explained, a file that grew too long,
// an exported name without a contract, and documents that no longer match what
// the command prints.
package project
