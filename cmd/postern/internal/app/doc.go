// Package app holds what all commands of postern use: the streams, the environment,
// the global flags, the exit codes, printing, files, and the session in which a
// command reads and writes secrets.
//
// Start with [App]. A command is a function that takes it:
//
//	func Keys(a *app.App) *cli.Command {
//		return &cli.Command{Name: "keys", Action: a.Action(runKeys)}
//	}
//
// The result of a command goes to standard output, and nothing else does. Errors,
// warnings and hints go to standard error; a hint is a command to type. The package
// uses only what [New] is given and keeps no state outside of an App.
package app
