package format

import (
	"bytes"
	"fmt"
	"slices"
)

// Shell appends export statements, one per entry, for eval or the "." command of bash,
// dash, zsh, ksh, mksh and fish, which all read them alike. Values need not be UTF-8. A
// value with a NUL byte is an error with the code invalid_value, because a variable
// cannot contain it. A name that shells keep for themselves is an error with the code
// invalid_key.
func Shell(d *Document, entries []Entry) error {
	return each(d, entries, func(e Entry, value []byte) error {
		if bytes.IndexByte(value, 0) >= 0 {
			return refuse(e, "the value contains a NUL byte, which a variable cannot")
		}
		if keptByShells(e.Name) || KeptByOthers(e.Name) {
			return refuseName(e, shellsKeep(e.Name))
		}
		if bytes.IndexByte(value, '\n') >= 0 || slices.Contains(listsOfFish, e.Name) {
			// Only fish finds that these are equal.
			d.AppendString(`test '\\' = \\ && set -gx ` + e.Name + " ")
			appendShell(d, value)
			d.AppendString(" || ")
		}
		d.AppendString("export " + e.Name + "=")
		appendShell(d, value)
		d.Append('\n')
		return nil
	})
}

// listsOfFish are the variables to which the export of fish adds, in place of setting
// them. Of any other it sets the first line only.
var listsOfFish = []string{"PATH", "CDPATH", "MANPATH"}

// appendShell appends a value as one word in single quotes, with the quotes and
// backslashes outside of them: within, fish reads two backslashes as one.
func appendShell(d *Document, value []byte) {
	if len(value) == 0 {
		d.AppendString("''")
	}
	for len(value) > 0 {
		n := bytes.IndexAny(value, `'\`)
		if n < 0 {
			n = len(value)
		}
		if n == 0 {
			d.Append('\\', value[0])
			value = value[1:]
			continue
		}
		d.Append('\'')
		d.Append(value[:n]...)
		d.Append('\'')
		value = value[n:]
	}
}

// KeptByOthers reports whether zsh, mksh, ksh or fish give a variable another value than the
// one that is assigned to it, or end at the assignment: zsh even becomes the user that
// USERNAME names, if it runs as root. [Shell] refuses such a name. [Dotenv] accepts it,
// since USERNAME is a common name and few readers of such a file are shells; a caller
// has to warn of them.
func KeptByOthers(name string) bool {
	return slices.Contains([]string{
		"ARGC", "BAUD", "COLUMNS", "EGID", "ERRNO", "FISH_VERSION", "FUNCNEST", "GID", "HISTCHARS", "HISTSIZE", "JOBMAX", "KEYBOARD_HACK",
		"KEYTIMEOUT", "KSHEGID", "KSHGID", "KSHUID", "KSH_VERSION", "LINES", "LISTMAX", "MAILCHECK", "PGRP", "PWD", "SAVEHIST", "SHLVL", "TMOUT", "TRY_BLOCK_ERROR",
		"TRY_BLOCK_INTERRUPT", "TTYIDLE", "USERNAME", "USER_ID", "WATCH", "ZSH_EVAL_CONTEXT", "ZSH_SUBSHELL",
	}, name)
}

func shellsKeep(name string) string {
	return fmt.Sprintf("its variable would be %q, which shells reserve: they would ignore the assignment or exit", name)
}

// keptByShells reports whether bash or dash give a variable another value than the one
// that is assigned to it, as bash does with RANDOM, or end at the assignment. The
// module dotenv has the same list.
func keptByShells(name string) bool {
	return slices.Contains([]string{
		"BASHOPTS", "BASHPID", "BASH_ARGC", "BASH_ARGV", "BASH_COMMAND", "BASH_COMPAT", "BASH_LINENO",
		"BASH_MONOSECONDS", "BASH_SOURCE", "BASH_SUBSHELL", "BASH_TRAPSIG", "BASH_VERSINFO",
		"BASH_XTRACEFD", "DIRSTACK", "EPOCHREALTIME", "EPOCHSECONDS", "EUID", "FUNCNAME", "GROUPS",
		"HISTCMD", "LINENO", "OPTIND", "PIPESTATUS", "PPID", "RANDOM", "SECONDS", "SHELLOPTS", "SRANDOM",
		"UID", "_",
	}, name)
}
