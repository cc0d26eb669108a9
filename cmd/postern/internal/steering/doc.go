// Package steering knows the environment variables that steer programs: that make
// them run or load code, read other files, trust other certificates or connect to
// other servers. Such a variable is not a secret, and a module or a file that nobody
// named must not choose it.
//
// Start with [Find]. The table is families.txt: it has patterns rather than names,
// since the next version of a tool adds a name to its family. A table is never complete,
// so [Place.Runs] looks at the value: whether a program would run or load something by it.
// The package decides nothing: a user who types a name means it.
package steering
