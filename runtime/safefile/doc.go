// Package safefile reads, replaces and locks files that other users may tamper
// with, and answers who could have written them.
//
//   - [Read], [Open] and [OpenNoFollow] read regular files only, never block on
//     a named pipe, and stop at a limit.
//   - [OpenAppend] opens a log.
//   - [Replace], [Create] and [CreateIn] replace a file atomically;
//     [RemoveIn] removes one.
//   - [TryLock] and [Lock] exclude other processes.
//   - [CheckOwner] reports whether anyone but root and the current user can
//     change a file. [Rule] holds the parts of that check.
//
// Errors of the system are returned as the os package returns them; [Reason]
// words one for a message that names the file itself.
//
// The package is public because the command line uses it too. It comes with no
// compatibility promise: it may change or disappear in any release.
package safefile
