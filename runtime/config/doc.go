// Package config turns a configuration file, the environment and flags into
// [runtime.Options].
//
// Start with [Load]. A file is YAML, TOML or JSON, found in the current folder
// only or named by the caller; the environment overrides its settings and
// [Overrides] override both. Everything is checked strictly: an unknown key, a
// value of another type or a second spelling is an error that names the file
// and the key's path, and nothing is guessed. Only the file grants anything;
// the environment cannot.
//
// A file that was found, not named, comes with the folder and may be anybody's
// work. Such a file is used when the user owns it and nobody else can write it,
// and when it asks for more than built-in modules on its own folder it must
// have been accepted before with [Trust].
//
// Every error is a [secret.Error] with [secret.ErrLoad]; the command that mends
// it, if there is one, is in its tree as a [Hint]. The package opens no
// provider, and keeps no state but the file of accepted digests.
package config
