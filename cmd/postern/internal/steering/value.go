package steering

import (
	"regexp"
	"slices"
	"strings"
)

// Place is where a command would find the files that a value names.
type Place struct {
	Dir    string                   // the working directory
	Path   []string                 // the folders in which programs are found
	Getenv func(name string) string // the variables that a value may name
}

// Why a value runs something: each completes "its value ...".
const (
	isProgram = "is the path of a program"
	isCode    = "is the path of a file with code"
	hasFile   = "has the path of a program or of a file with code"
	isCommand = "is a command"
	isOptions = "is options that run or load something"
	isList    = "is a list of folders with one that has programs or code and can be written"
	isTooMuch = "names more files than are looked at"
)

// Runs reports whether a program that takes a value for a command, for options or for a
// list of folders runs or loads something by it, and why: reason completes "its value
// ...". It knows no names. It looks at files, and neither opens nor runs one; folders of
// lists it reads. How often it looks is bounded, and beyond that a value counts as one
// that runs something. The files may change before a command starts.
func (p Place) Runs(value string) (reason string, runs bool) {
	s := &search{Place: p}
	s.value(strings.TrimSpace(value))
	return s.reason, s.reason != ""
}

// search looks at one value.
type search struct {
	Place
	looks  int    // at files
	reason string // "" until something is found
}

func (s *search) found(reason string) {
	if s.reason == "" {
		s.reason = reason
	}
}

func (s *search) value(text string) {
	s.first(text) // a path may have blanks
	s.list(text)
	for _, quoted := range []bool{true, false} {
		if s.reason == "" {
			s.commands(text, quoted)
		}
	}
}

// commands looks at the commands of a shell that a value would be. If it begins as a
// sentence does, they must look more like commands to count, and a line break ends none.
func (s *search) commands(text string, quoted bool) {
	body := strings.TrimLeft(text, "!@:+ \t")
	if strings.HasPrefix(body, "|") { // as in LESSOPEN
		body = strings.TrimLeft(body, "|- \t")
	}
	options, begun, known := false, false, false
	prose := strings.IndexAny(text, "!;|&`") != 0 && !strings.HasPrefix(text, "$(")
	chained := chain.MatchString(text)
	all := split(body, quoted)
	for n, c := range all {
		words := c.command()
		if len(words) == 0 || s.reason != "" || prose && c.line {
			continue
		}
		first := words[0]
		if !begun {
			options = isOption(first)
			prose = prose && !options && !rooted(first)
		}
		if !begun || rooted(first) {
			s.first(first)
		}
		sure := !prose || c.substitutes && (len(words) > 1 || !c.glued)
		if s.reason == "" && (sure || len(words) > 1) {
			arguments := words[1:]
			taken := sure || begun && chained && known || taken(arguments, chained && !begun)
			if (taken || n < maxUnsure) && s.isProgram(first, len(arguments) > 0) {
				known = known || !begun
				if taken || s.anyExists(arguments) {
					s.found(isCommand)
				}
			}
		}
		begun = true
	}
	if s.reason == "" {
		s.options(all, options)
	}
	if s.reason == "" {
		s.tokens(text, prose)
	}
}

// chain is what joins commands of a shell, or sends what they print to a file. Sentences
// have "1 > 2".
var chain = regexp.MustCompile("[;|`]|&&|\\$\\(|>\\s*[/.~$&]")

// first looks at the first word of a command.
func (s *search) first(word string) {
	switch s.kind(word) {
	case program:
		s.found(isProgram)
	case code:
		s.found(isCode)
	case nothing, data, folder:
	}
}

// maxUnsure is how many commands are looked up that are commands only if a file that they
// name is there.
const maxUnsure = 16

// taken reports whether the words behind the first one are rather those of a command than
// of a sentence: an option follows, or a URL, or another command.
func taken(words []string, chained bool) bool {
	return chained || isOption(words[0]) || slices.ContainsFunc(words, func(word string) bool { return strings.Contains(word, "://") })
}

// anyExists reports whether one of the words names a file.
func (s *search) anyExists(words []string) bool { return slices.ContainsFunc(words, s.exists) }

var nameOfProgram = regexp.MustCompile(`^[A-Za-z0-9_.][A-Za-z0-9_.+-]{0,63}$`)

// builtins run or read what follows them, in shells and editors.
var builtins = []string{".", "builtin", "command", "eval", "exec", "load", "luafile", "shell", "so", "source"}

// isProgram reports whether a shell would find a program of this name. Builtins count with
// arguments only.
func (s *search) isProgram(name string, arguments bool) bool {
	if !nameOfProgram.MatchString(name) {
		return false
	}
	return arguments && slices.Contains(builtins, name) || strings.Trim(name, ".") != "" && slices.ContainsFunc(s.Path, func(dir string) bool {
		return dir != "" && slices.ContainsFunc(programEndings, func(ending string) bool { return s.kind(dir+"/"+name+ending) == program })
	})
}

var option = regexp.MustCompile(`^(--?[A-Za-z][A-Za-z0-9_.:+-]*|-[A-Za-z][/~$.].*)([=:,].*)?$`)

// isOption reports whether a word has the form of an option, such as -e, --name=value or
// -I/path. The first line of a PEM file has not.
func isOption(word string) bool { return option.MatchString(word) }

// loading are options, without the dashes, whose value names code or a command.
var loading = []string{
	"-", "e", "c", "r", "x", "E", "P", "T", "eval", "exec", "execute", "command", "cmd", "ex", "require", "import", "loader", "experimental-loader", "preload",
	"rcfile", "init-file", "init-command", "init", "startup-file", "plugin", "plugins", "load", "load-extension", "extension", "module", "use-compress-program",
	"to-command", "info-script", "new-volume-script", "checkpoint-action", "rsh", "rsh-command", "rsync-path", "ssh", "ssh-command", "pager", "editor", "browser", "launcher",
	"wrapper", "toolexec", "vettool", "fplugin", "specs", "dynamic-linker", "upload-pack", "receive-pack", "use-askpass", "preprocessor", "pre", "filter", "compress-prog",
	"compress-program", "diff-program", "proxy-command", "post-file", "hook", "onerror", "shell", "script", "script-file", "source", "file", "config", "conf", "userconfig",
	"globalconfig", "config-file", "settings", "include", "prelude", "program", "interpreter", "debugger", "agent", "cc1", "as", "linker",
}

// certain are options that run or load something wherever they stand.
var certain = []string{
	"-javaagent:", "-agentpath:", "-agentlib:", "-Xbootclasspath", "-XX:OnError=", "-XX:OnOutOfMemoryError=", "--use-compress-program=", "--checkpoint-action=", "--require=",
	"-toolexec=", "-oProxyCommand", "ProxyCommand=", "LocalCommand=",
}

var perlModule = regexp.MustCompile(`^-[Mm]-?[A-Za-z_]+(::[A-Za-z_]+)*(=.*)?$`)

// options looks at the options of a value. Most of them count only in a value that begins
// with one.
func (s *search) options(all []command, begins bool) {
	for _, c := range all {
		for i, word := range c.words {
			if slices.ContainsFunc(certain, func(o string) bool { return strings.HasPrefix(word, o) }) || begins && perlModule.MatchString(word) && len(word) <= 40 {
				s.found(isOptions)
			}
			if s.reason != "" || !begins || !isOption(word) {
				continue
			}
			name, value, attached := strings.Cut(strings.TrimLeft(word, "-"), "=")
			if !attached {
				if name, value, attached = strings.Cut(name, ":"); !attached && i+1 < len(c.words) && !isOption(c.words[i+1]) {
					value = c.words[i+1]
				}
			}
			if s.loads(name, value) || len(name) > 1 && s.holds(name[1:]) {
				s.found(isOptions)
			}
		}
	}
}

var harmless = regexp.MustCompile(`^([0-9][0-9.,:%]*[A-Za-z]?|[A-Z_][A-Z0-9_]*=.*|)$`) // a number, or a variable, as in docker -e NAME=value

// loads reports whether an option with this value runs or loads something.
func (s *search) loads(name, value string) bool {
	switch {
	case s.holds(value):
		return true
	case !slices.Contains(loading, name) || harmless.MatchString(value):
		return false
	case slices.Contains([]string{"file", "config", "conf", "userconfig", "globalconfig", "config-file", "settings", "include", "T", "P", "as", "module"}, name):
		return s.exists(value)
	}
	return true
}

// holds reports whether an option would load what a path names: code, a program, or a
// folder that has some and can be written.
func (s *search) holds(path string) bool {
	switch s.kind(path) {
	case program, code:
		return true
	case folder:
		return s.isOpen(s.path(path))
	case nothing, data:
	}
	return false
}

const separators = " \t\r\n;,=\"'()[]{}<>|&!`@#?:"

// tokens looks at the paths within a text, such as that in core.fsmonitor=/path. In prose
// a path behind a blank is a word of the sentence.
func (s *search) tokens(text string, prose bool) {
	for at := 0; at < len(text) && s.reason == ""; {
		from := at
		for at < len(text) && strings.IndexByte(separators, text[at]) >= 0 {
			at++
		}
		before, end := text[from:at], at
		for end < len(text) && strings.IndexByte(separators, text[end]) < 0 {
			end++
		}
		sentence := prose && before != "" && strings.IndexByte(" \t\r\n", before[len(before)-1]) >= 0 && !strings.Contains(before, "=")
		if !sentence && s.kind(text[at:end]) >= program {
			s.found(hasFile)
		}
		at = end
	}
}

// list looks at a list of folders. A part without a slash counts if another one begins as
// paths do, and so does an empty one, which shells take for the working directory.
func (s *search) list(text string) {
	parts := strings.Split(text, listSeparator)
	if len(parts) < 2 || strings.Contains(text, "://") || !slices.ContainsFunc(parts, hasSlash) {
		return
	}
	paths := slices.ContainsFunc(parts, rooted)
	for _, part := range parts {
		if s.reason != "" || !paths && !hasSlash(part) {
			continue
		}
		if !hasSlash(part) {
			part = "./" + part
		}
		switch s.kind(part) {
		case program, code:
			s.found(hasFile)
		case folder:
			if s.isOpen(s.path(part)) {
				s.found(isList)
			}
		case nothing, data:
		}
	}
}
