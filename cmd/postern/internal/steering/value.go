package steering

import (
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

// Runs reports whether a person would read a value as a path of a program or of code, as
// a command, as options that run or load something or as a list of folders with code, and
// why: reason completes "its value ...". It sees the common forms, not all that a shell
// would run: random passwords must not be found. It knows no names. It looks at files, and
// neither opens nor runs one; folders of lists it reads. How often it looks is bounded, and
// beyond that a value counts as one that runs something. The files may change before a
// command starts.
func (p Place) Runs(value string) (reason string, runs bool) {
	s := &search{Place: p}
	defer s.kept.wipe()
	s.value(strings.TrimSpace(value))
	return s.reason, s.reason != ""
}

// search looks at one value.
type search struct {
	Place
	kept   copies // of parts of the value
	looks  int    // at files
	listed int    // entries of folders for patterns
	reason string // "" until something is found

	last     string // what was looked at last
	lastKind kind
}

func (s *search) found(reason string) {
	if s.reason == "" {
		s.reason = reason
	}
}

func (s *search) value(text string) {
	s.first(text) // a path may have blanks
	s.list(text)
	text = s.kept.replace(s.kept.replace(text, "${IFS}", " "), "$IFS", " ") // a blank, in a shell
	s.substitutions(text)
	for _, quoted := range []bool{true, false} {
		if s.reason == "" && (quoted || strings.ContainsAny(text, "'\"\\")) {
			s.commands(text, quoted)
		}
	}
}

// commands looks at the commands of a shell that a value would be, and at its options.
func (s *search) commands(text string, quoted bool) {
	body := strings.TrimLeft(text, "!@:+ \t")
	if strings.HasPrefix(body, "|") { // as in LESSOPEN
		body = strings.TrimLeft(body, "|- \t")
	}
	all := split(body, quoted, &s.kept)
	for n, c := range all {
		if words := c.command(); len(words) > 0 && s.reason == "" {
			s.first(words[0])
			// What follows a special character in a password may begin like a short command.
			if enough := n == 0 || len(words[0]) > 3 || len(words) > 2; s.reason == "" && len(words) > 1 && enough && s.isCommand(words) {
				s.found(isCommand)
			}
		}
	}
	options := len(all[0].words) > 0 && isOption(all[0].words[0])
	if s.reason == "" {
		s.options(all, options)
	}
	if s.reason == "" && strings.Contains(body, ">") && sends().MatchString(body) {
		if name, _, _ := strings.Cut(body, " "); s.isProgram(name) {
			s.found(isCommand)
		}
	}
	if s.reason == "" {
		s.tokens(text, options)
	}
}

// sends is a command whose output goes to a path.
var sends = lazily(`^[A-Za-z][A-Za-z0-9_.+-]{2,} ([^\n]* )?>>?\s*[~.]?/[A-Za-z0-9_.]`)

// variable is a word that is a variable.
var variable = lazily(`^\$([A-Za-z_][A-Za-z0-9_]+|\{[A-Za-z_][A-Za-z0-9_]+(:?-[^{}]*)?\})$`)

// first looks at the first word of a command.
func (s *search) first(word string) {
	if variable().MatchString(word) {
		word = s.expand(word)
	}
	switch s.kind(word) {
	case program:
		s.found(isProgram)
	case code:
		s.found(isCode)
	case nothing:
		if s.matches(word) {
			s.found(isProgram)
		}
	case data, folder:
	}
}

// runners run what follows them, or fetch it from a host: the words after the name say
// what follows. Words that are also those of sentences, such as exec or env,
// need the path of a file.
var runners = map[string]func(s *search, words []string) bool{
	"npx": anyPackage, "bunx": anyPackage, "uvx": anyPackage, "pipx": anyPackage,
	"ssh": aHost, "nc": aHost, "ncat": aHost, "socat": aHost, "curl": aHost, "wget": aHost,
	"sudo": aProgram, "env": aFile, "eval": aFile, "exec": aFile, "command": aFile, "builtin": aFile,
	"go": func(_ *search, words []string) bool {
		return words[0] == "run" && len(words) > 1 && strings.ContainsAny(words[1], "./@")
	},
	"source": func(s *search, words []string) bool { return s.exists(words[0]) },
	".":      func(s *search, words []string) bool { return hasSlash(words[0]) && s.exists(words[0]) },
}

var (
	packageName = lazily(`^(@[a-z0-9-]+/)?[a-z][a-z0-9._-]+(@[A-Za-z0-9.^~-]+)?$`)
	isPort      = lazily(`^[0-9]{2,5}$`)
	hostName    = lazily(`^([a-z0-9_-]+@)?([a-z0-9-]+\.)+[a-z0-9]{1,20}(:[0-9]+)?(/[^\s]*)?$|^(?i:tcp|udp|exec|system|openssl)[46a-z-]*:`)
)

func anyPackage(_ *search, words []string) bool { return packageName().MatchString(words[0]) }

func aHost(_ *search, words []string) bool {
	return hostName().MatchString(words[0]) || len(words) == 2 && isPort().MatchString(words[1]) // nc host 4444
}

func aProgram(s *search, words []string) bool { return s.isProgram(words[0]) }

func aFile(s *search, words []string) bool {
	for len(words) > 1 && assignment().MatchString(words[0]) {
		if words = words[1:]; s.isProgram(words[0]) {
			return true
		}
	}
	return s.kind(words[0]) >= program
}

// prefixes are runners after which any command may stand.
var prefixes = []string{"sudo", "env", "exec", "eval", "command", "builtin"}

// isCommand reports whether words are a command as people write it: the name of a program
// or of a runner, and after it what is hardly in a sentence or by chance in a password.
func (s *search) isCommand(words []string) bool {
	words = slices.Clone(words[:min(len(words), 16)])
	words[0] = s.expand(words[0])
	if words[0] != "." && !nameOfProgram().MatchString(words[0]) {
		return false
	}
	for range 3 { // runners may follow each other
		if run, ok := runners[words[0]]; ok && run(s, words[1:]) {
			return true
		}
		if !slices.Contains(prefixes, words[0]) || len(words) < 3 {
			break
		}
		if words = words[1:]; words[0] == "-u" && len(words) > 3 { // of sudo and env
			words = words[2:]
		}
	}
	next := words[1]
	if len(words) > 2 && isPlain(next) { // as in find . -exec
		next = words[2]
		if !follows().MatchString(next) {
			return false
		}
	}
	if len(words[0]) < 4 && strings.HasPrefix(next, "-") && !afterShort().MatchString(next) {
		return false
	}
	return (follows().MatchString(next) || isURL().MatchString(next) || len(next) > 2 && s.exists(next) || hasSlash(next) && s.kind(next) >= folder && !s.isPlace(next)) && s.isProgram(words[0])
}

// isPlain reports whether a word is a folder that sentences and passwords have by chance.
func isPlain(word string) bool { return slices.Contains([]string{".", "..", "/", "~"}, word) }

// follows is an option as it stands after the name of a program.
var follows = lazily(`^(-[A-Za-z]{1,4}|--?[a-z][a-z0-9-]*|-[A-Za-z][0-9/~.][A-Za-z0-9/~._-]*)([=:][A-Za-z0-9/~._].*)?$`)

// afterShort is one after a name of two or three letters, which passwords have by chance.
var afterShort = lazily(`^(-[A-Za-z]{1,4}|--[a-z][a-z0-9-]+(=.*)?)$`)

var isURL = lazily(`^[A-Za-z][A-Za-z0-9+.-]*://[^\s]`)

var nameOfProgram = lazily(`^[A-Za-z0-9_.][A-Za-z0-9_.+-]{1,63}$`)

// isProgram reports whether a shell would find a program of this name, which has two
// letters at least. Builtins are none.
func (s *search) isProgram(name string) bool {
	if !nameOfProgram().MatchString(name) || strings.Trim(name, ".0123456789") == "" {
		return false
	}
	return slices.ContainsFunc(s.Path, func(dir string) bool {
		return dir != "" && slices.ContainsFunc(programEndings, func(ending string) bool { return s.kind(dir+"/"+name+ending) == program })
	})
}

// The commands that stand in a value for what they print: those in $(...) and backquotes
// of a shell, and the functions of make.
var (
	substitution = lazily("\\$\\(([^()`]+)\\)|`([^`]+)`")
	ofMake       = lazily(`\$[({]shell\s+([A-Za-z0-9_./~-]+)|\$[({]file\s+([<>])`)
	injected     = lazily(`^(?:;|&&?|\|\|)\s*([^;&|]+)`)
)

// substitutions looks at what a value would run within it. What is inside must be a name
// of a program of four letters at least and a word, or a command.
func (s *search) substitutions(text string) {
	if s.reason != "" || !strings.ContainsAny(text, "$`;&|") {
		return
	}
	for _, m := range ofMake().FindAllStringSubmatch(text, maxInside) {
		if m[2] != "" || s.kind(m[1]) >= program || s.isProgram(m[1]) {
			s.found(isCommand)
		}
	}
	inside := substitution().FindAllStringSubmatch(text, maxInside)
	if m := injected().FindStringSubmatch(text); m != nil {
		inside = append(inside, []string{"", m[1], ""})
	}
	for _, m := range inside {
		words := strings.Fields(m[1] + m[2])
		whole := m[0] == text // $(reboot)
		before, _, _ := strings.Cut(text, m[0])
		name, _, blank := strings.Cut(before, " ")
		switch {
		case s.reason != "" || len(words) == 0:
		case len(words[0]) >= 4 && (len(words) > 1 || whole) && wordy(words) && s.isProgram(words[0]),
			blank && m[0] != "" && strings.TrimSpace(before) == name && s.isProgram(name) && s.isProgram(words[0]): // touch $(id)
			s.found(isCommand)
		}
	}
}

// maxInside is how many commands within a value are looked at.
const maxInside = 32

// wordy reports whether the second word is one, and not part of a password.
func wordy(words []string) bool {
	return len(words) < 2 || strings.IndexFunc(words[1], func(r rune) bool { return !strings.ContainsRune("-_./~$:=@'\"", r) && !isLetter(r) }) < 0
}

func isLetter(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// list looks at a list of folders: those that begin as paths do, two at least, of which an
// empty one stands for the working directory.
func (s *search) list(text string) {
	parts := strings.Split(text, listSeparator)
	if len(parts) < 2 || strings.Contains(text, "://") || s.reason != "" {
		return
	}
	paths, plausible := 0, 0
	for _, part := range parts {
		if part == "" || beginsAsPath(part) {
			paths++
		}
		if inList().MatchString(part) {
			plausible++
		}
	}
	if paths < 2 {
		return
	}
	for _, part := range parts {
		here := part == "" || part == "."
		switch {
		case s.reason != "":
		case here && plausible > 1 && s.isOpen(s.Dir), !here && beginsAsPath(part) && s.kind(part) == folder && !s.isPlace(part) && s.isOpen(s.path(part)):
			s.found(isList)
		}
	}
}

// inList is a path as lists have it.
var inList = lazily(`^([A-Za-z]:|~|\.{1,2}|\$\{?[A-Z]+\}?)?([/\\][A-Za-z0-9_.@+-]+)+[/\\]?$`)
