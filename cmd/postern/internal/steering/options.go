package steering

import (
	"slices"
	"strings"
)

var option = lazily(`^(--?[A-Za-z][A-Za-z0-9_.:+-]*|-[A-Za-z][/~$.].*)([=:,].*)?$`)

// isOption reports whether a word has the form of an option, such as -e, --name=value or
// -I/path. The first line of a PEM file has not.
func isOption(word string) bool { return option().MatchString(word) }

// loading are long options, without the dashes, whose value names code or a command.
var loading = strings.Fields(`
	eval exec execute command cmd require import loader experimental-loader preload
	rcfile init-file init-command startup-file plugin plugins load load-extension extension use-compress-program
	to-command info-script new-volume-script checkpoint-action rsh rsh-command rsync-path ssh-command pager editor browser launcher
	wrapper toolexec vettool fplugin specs dynamic-linker upload-pack receive-pack use-askpass preprocessor compress-prog
	compress-program diff-program proxy-command onerror shell script interpreter debugger agent`)

// naming are options, without the dashes, that run or load what is in the file that their
// value names. The short ones take a command in quotes too.
var naming = strings.Fields(`
	e c r x f T P module file config conf userconfig globalconfig config-file settings include post-file filter hook source
	script-file prelude program linker init as`)

// alwaysRun are options that run or load something wherever they stand in a value.
var alwaysRun = []string{
	"-javaagent:", "-agentpath:", "-agentlib:", "-Xbootclasspath", "-XX:OnError=", "-XX:OnOutOfMemoryError=", "--use-compress-program=", "--checkpoint-action=", "--require=",
	"-toolexec=", "-oProxyCommand", "ProxyCommand=", "LocalCommand=",
}

var (
	perlModule = lazily(`^-[Mm]-?[A-Za-z_]+(::[A-Za-z_]+)+(=.*)?$`)
	harmless   = lazily(`^([0-9][0-9.,:%]*[A-Za-z]?|[A-Z_][A-Z0-9_]*=.*|)$`) // a number, or a variable, as in docker -e NAME=value
)

// options looks at the options of a value. Most of them count only in a value that begins
// with one.
func (s *search) options(all []command, begins bool) {
	for _, c := range all {
		for i, word := range c.words {
			if slices.ContainsFunc(alwaysRun, func(o string) bool { return strings.HasPrefix(word, o) }) || begins && perlModule().MatchString(word) {
				s.found(isOptions)
			}
			if s.reason != "" || !begins || !isOption(word) {
				continue
			}
			name, value, attached := strings.Cut(strings.TrimLeft(word, "-"), "=")
			if !attached {
				name, value, attached = strings.Cut(name, ":")
			}
			quoted := false
			if !attached && i+1 < len(c.words) && !isOption(c.words[i+1]) {
				value, quoted = c.words[i+1], c.isQuoted(i+1)
			}
			if s.loads(word, name, value, attached, quoted) || len(name) > 1 && s.holds(name[1:]) {
				s.found(isOptions)
			}
		}
	}
}

// loads reports whether an option with this value runs or loads something.
func (s *search) loads(word, name, value string, attached, quoted bool) bool {
	long := strings.HasPrefix(word, "--")
	switch {
	case s.holds(value):
		return true
	case harmless().MatchString(value):
		return false
	case long && slices.Contains(loading, name):
		return true
	case !slices.Contains(naming, name) || !long && attached:
		return false
	}
	return quoted && (name == "c" || name == "e") || len(value) > 2 && s.exists(value)
}

// holds reports whether an option would load what a path names: code, a program, or a
// folder that has some and can be written.
func (s *search) holds(path string) bool {
	switch s.kind(path) {
	case program, code:
		return true
	case folder:
		return !s.isPlace(path) && s.isOpen(s.path(path))
	case nothing, data:
	}
	return false
}

const separators = " \t\r\n;,=\"'()[]{}<>|&!`@#?:"

// tokens looks at the paths within a text, such as that in core.fsmonitor=/path. A path
// after a blank is a word of a sentence, unless the text begins with an option.
func (s *search) tokens(text string, options bool) {
	for at := 0; at < len(text) && s.reason == ""; {
		from := at
		for at < len(text) && strings.IndexByte(separators, text[at]) >= 0 {
			at++
		}
		before, end := text[from:at], at
		for end < len(text) && strings.IndexByte(separators, text[end]) < 0 {
			end++
		}
		sentence := !options && before != "" && strings.IndexByte(" \t\r\n", before[len(before)-1]) >= 0 && !strings.Contains(before, "=")
		if !sentence && s.kind(text[at:end]) >= program {
			s.found(hasFile)
		}
		at = end
	}
}
