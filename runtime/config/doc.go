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
// Modules that are not built in are pinned by postern.lock beside the file,
// which Load reads into the options. Trust and lock are two questions: trust is
// the user's word for a folder as it is now, modules included; the lock is the
// word of whoever wrote the configuration, goes with it, and is asked for named
// files too. A found file needs both.
//
// Every error is a [secret.Error] with [secret.ErrLoad], or with
// [secret.ErrIntegrity] for a module that is not what its lock pins. The command
// that mends it, if there is one, is in its tree as a [Hint]. The package opens
// no provider, and keeps no state but the file of accepted digests.
package config
