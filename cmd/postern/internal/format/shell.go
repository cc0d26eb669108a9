package format

import (
	"bytes"
	"fmt"
	"slices"
)

// Shell appends export statements for a POSIX shell, one per entry, for eval or the
// "." command. Values need not be UTF-8. A value with a NUL byte is an error with
// the code invalid_value, because a variable cannot contain it. A name that shells keep
// for themselves is an error with the code invalid_key.
func Shell(d *Document, entries []Entry) error {
	return each(d, entries, func(e Entry, value []byte) error {
		if bytes.IndexByte(value, 0) >= 0 {
			return refuse(e, "the value contains a NUL byte, which a variable cannot")
		}
		if keptByShells(e.Name) || KeptByOthers(e.Name) {
			return refuseName(e, shellsKeep(e.Name))
		}
		d.AppendString("export " + e.Name + "=")
		appendShell(d, value)
		d.Append('\n')
		return nil
	})
}

// appendShell appends a value as one word in single quotes. Within them only the
// single quote itself is special.
func appendShell(d *Document, value []byte) {
	d.Append('\'')
	for {
		before, after, found := bytes.Cut(value, []byte("'"))
		d.Append(before...)
		if !found {
			break
		}
		d.AppendString(`'\''`)
		value = after
	}
	d.Append('\'')
}

// KeptByOthers reports whether zsh, mksh or ksh give a variable another value than the
// one that is assigned to it, or end at the assignment: zsh even becomes the user that
// USERNAME names, if it runs as root. [Shell] refuses such a name. [Dotenv] accepts it,
// since USERNAME is a common name and few readers of such a file are shells; a caller
// has to warn of them.
func KeptByOthers(name string) bool {
	return slices.Contains([]string{
		"ARGC", "BAUD", "COLUMNS", "EGID", "ERRNO", "FUNCNEST", "GID", "HISTCHARS", "HISTSIZE", "JOBMAX", "KEYBOARD_HACK",
		"KEYTIMEOUT", "KSHEGID", "KSHGID", "KSHUID", "LINES", "LISTMAX", "MAILCHECK", "PGRP", "SAVEHIST", "SHLVL", "TMOUT", "TRY_BLOCK_ERROR",
		"TRY_BLOCK_INTERRUPT", "TTYIDLE", "USERNAME", "USER_ID", "WATCH", "ZSH_EVAL_CONTEXT", "ZSH_SUBSHELL",
	}, name)
}

func shellsKeep(name string) string {
	return fmt.Sprintf("its variable would be %q, which shells keep for themselves: they would read another value or end", name)
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
