// Package app is what every command of postern stands on: the streams, the
// environment, the global flags, the exit table, printing, and the session that
// a command does its work with.
//
// Start with [App]. A command is a function that takes it:
//
//	func Keys(a *app.App) *cli.Command {
//		return &cli.Command{Name: "keys", Action: a.Action(runKeys)}
//	}
//
// Standard output carries a command's result and nothing else; errors, warnings
// and hints go to standard error, and a hint is a command to type. The package
// reads only what [New] is given and keeps no state outside of an App.
package app
