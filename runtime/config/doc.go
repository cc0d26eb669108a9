// Package config turns a configuration file, the environment and flags into
// [runtime.Options].
//
// Start with [Load]. A file is YAML, TOML or JSON. It is named by the caller or
// found in the current folder or the nearest one above it that has one; the search
// ends at the top of a repository, at home, at a mount point, and below a folder that
// others can write. The environment overrides its settings, and [Overrides] override
// both. Everything is checked strictly: an unknown key, a value of another type and a
// duplicate key are errors that name the file and the path of the key. Only the file
// grants anything; the environment cannot. A grant to write the files that decide,
// such as the configuration itself, is an error.
//
// A file that was found, not named, came with the folder and may be anybody's
// work. It is used only if nobody but root and the user can write it and the folders
// above it, which holds for a named file too: see [safefile.CheckOwner]. If it asks
// for more than built-in modules on files of its folder, the user must have accepted
// it with [Trust].
//
// Modules that are not built in are pinned by postern.lock beside the file, which
// Load reads into the options. Trust and pins answer different questions. With
// trust, the user accepts a folder as it is now, modules included. With pins, the
// author of the configuration says which modules belong to it; pins are part of
// the project and are checked for named files too. A file that was found needs
// both.
//
// Every error is a [secret.Error] with [secret.ErrLoad], or with
// [secret.ErrIntegrity] for a module that does not match its pin. If a command
// fixes it, the command is in the tree of the error as a [suggest.Hint]. The
// package opens no provider, and keeps no state but the trust store.
package config
