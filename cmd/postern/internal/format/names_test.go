package format_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/testdata/sample"
)

// namesOfShells are names that shells know.
func namesOfShells() []string {
	return strings.Fields(`
		UID EUID PPID GROUPS RANDOM SRANDOM SECONDS LINENO BASHPID
		BASH_SUBSHELL EPOCHSECONDS EPOCHREALTIME HISTCMD FUNCNAME DIRSTACK BASH_VERSINFO BASH_COMMAND BASH_VERSION
		BASH BASH_ARGC BASH_ARGV BASH_ARGV0 BASH_ALIASES BASH_CMDS BASH_COMPAT BASH_EXECUTION_STRING BASH_LINENO
		BASH_LOADABLES_PATH BASH_MONOSECONDS BASH_REMATCH BASH_SOURCE BASH_TRAPSIG BASH_XTRACEFD BASHOPTS SHELLOPTS OPTIND
		OPTARG OPTERR _ COPROC HOSTNAME HOSTTYPE MACHTYPE OSTYPE MAPFILE
		OLDPWD PWD PIPESTATUS READLINE_LINE READLINE_POINT REPLY SHLVL COLUMNS LINES
		COMP_CWORD COMP_LINE COMP_POINT COMP_TYPE COMP_KEY COMP_WORDBREAKS COMP_WORDS COMPREPLY CHILD_MAX
		EMACS EXECIGNORE FCEDIT FIGNORE FUNCNEST GLOBIGNORE GLOBSORT HISTCONTROL HISTFILE
		HISTFILESIZE HISTIGNORE HISTSIZE HISTTIMEFORMAT HOSTFILE IGNOREEOF INPUTRC INSIDE_EMACS LANG
		LC_ALL LC_COLLATE LC_CTYPE LC_MESSAGES LC_NUMERIC LC_TIME MAIL MAILCHECK MAILPATH
		PROMPT_DIRTRIM POSIXLY_CORRECT PS0 PS1 PS2 PS3 PS4 TIMEFORMAT TMOUT
		USERNAME GID EGID ERRNO TTYIDLE TRY_BLOCK_ERROR HISTCHARS LOGNAME HOST
		CPUTYPE VENDOR ARGC ZSH_VERSION ZSH_NAME PROMPT SIGNALS TERM USER
		KSH_VERSION KSHEGID KSHGID KSHUID USER_ID PGRP PATHSEP SHELL EDITOR
		JOBMAX RPROMPT KEYTIMEOUT DIRSTACKSIZE BAUD LISTMAX SAVEHIST TIMEFMT WATCH
		WATCHFMT WORDCHARS NULLCMD READNULLCMD SPROMPT CORRECT_IGNORE FUNCSTACK ZSH_SUBSHELL ZSH_EVAL_CONTEXT
		FISH_VERSION FISH_PID CMD_DURATION HISTORY STATUS VERSION UMASK PATH CDPATH MANPATH XDG_DATA_PATH
		ZSH_ARGZERO ZSH_EXECUTION_STRING ZSH_PATCHLEVEL ZLS_COLORS LOGCHECK HISTNO
	`)
}

// TestNamesOfShells: a name that can be written is read back by the shells with its
// value, and so is what comes after it. A name that cannot is refused.
func TestNamesOfShells(t *testing.T) {
	t.Parallel()
	refused := map[string]int{}
	for _, kind := range []struct {
		name, how string
		write     func(*format.Document, []format.Entry) error
	}{
		{"dotenv", `set -a; . "$1"`, format.Dotenv},
		{"shell", `eval "$(cat "$1")"`, format.Shell},
	} {
		for _, name := range namesOfShells() {
			if kind.name == "shell" && format.KeptByOthers(name) {
				var d format.Document
				if err := format.Shell(&d, []format.Entry{entry(t, "k", name, []byte("v"))}); !errors.Is(err, secret.ErrInvalidKey) {
					t.Errorf("%s is accepted: %v", name, err)
				}
				continue
			}
			for value := range sample.From(t, []string{"v4lue", "7", "", "/nowhere:a b", ":two::x:"}) {
				var d format.Document
				err := kind.write(&d, []format.Entry{entry(t, "k", name, []byte(value)), entry(t, "z", "ZZ_AFTER", []byte("after"))})
				if err != nil {
					if refused[name]++; !errors.Is(err, secret.ErrInvalidKey) || !strings.Contains(err.Error(), "shells reserve") {
						t.Errorf("%s refuses %s: %v", kind.name, name, err)
					}
					continue
				}
				path := filepath.Join(t.TempDir(), "env")
				if err := os.WriteFile(path, d.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
				for _, shell := range shells() {
					base := filepath.Base(shell)
					others := kind.name == "shell" && (base == "zsh" || base == "ksh" || base == "mksh" || base == "fish")
					if base != "bash" && base != "dash" && !others || strings.HasPrefix(name, "LC_") { // bash warns of locales that are not there
						continue
					}
					if base == "mksh" && name == "PATH" {
						continue // it has no printf of its own
					}
					if base == "fish" && value != "v4lue" && (value != ":two::x:" || name == "PATH" || name == "CDPATH") {
						continue // it starts slowly, and writes "." for an empty part of these, which is the same place
					}
					got := readBack(t, shell, "C", kind.how, path, name, "ZZ_AFTER")
					if len(got) != 2 || string(got[0]) != value || string(got[1]) != "after" {
						t.Errorf("%s reads %s=%q of %s as %q", base, name, value, kind.name, got)
					}
				}
			}
		}
	}
	for _, name := range dialect(t).Names.Kept {
		if refused[name] == 0 {
			t.Errorf("%s is not tried", name)
		}
	}
	if n := len(namesOfShells()); n < 90 || len(refused) != len(dialect(t).Names.Kept) {
		t.Errorf("%d names, %d refused, want those below kept: %v", n, len(refused), refused)
	}
}
