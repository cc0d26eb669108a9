package steering

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxLooks is how often the files of one value are looked at.
const maxLooks = 8192

// maxDepth is how deep the folders of a list are read: code lies in packages.
const maxDepth = 3

// maxPath is the longest path in bytes that systems take.
const maxPath = 4096

// kind is what a path leads to. The kinds that a program would run or load come last.
type kind int

const (
	nothing kind = iota
	data
	folder
	program
	code
)

// codeEndings are those of files that programs load as code, with "." between. Files of
// settings and data are not among them, even if some program finds commands in them.
var codeEndings = strings.Fields(`
	so dylib dll bundle pyd node jar war ear class wasm wat o a ko
	py pyc pyo pyw pyz pth egg whl rb rbw gemspec pl pm pmc js mjs cjs jsx ts mts cts tsx coffee lua luac
	sh bash zsh ksh csh fish awk mk cmake m4 tcl tk el elc vim php phar phtml inc
	r jl groovy gvy gradle kts kt scala sc clj cljs ex exs beam erl hrl escript scm ss rkt lisp lsp fasl hs ml cma cmxs nim
	gdb nse ps1 psm1 psd1 bat cmd com exe msi vbs wsf scr cpl applescript scpt desktop jsh jnlp nix bzl`)

// hasSlash reports whether a text has the separator of paths.
func hasSlash(text string) bool { return strings.ContainsAny(text, slashes) }

// beginsAsPath reports whether a text is an absolute path, or one that begins with ".",
// "..", "~" or a variable.
func beginsAsPath(text string) bool {
	if text == "." || text == ".." || text == "~" || filepath.IsAbs(text) {
		return true
	}
	first, _, ok := strings.Cut(strings.Map(slash, text), "/")
	return ok && (first == "" || first == "." || first == ".." || first[0] == '~' || first[0] == '$')
}

// slash returns "/" for any separator of paths.
func slash(r rune) rune {
	if strings.ContainsRune(slashes, r) {
		return '/'
	}
	return r
}

// path returns the path that a text names: "~" and variables are replaced.
func (s *search) path(text string) string {
	if text == "~" || strings.HasPrefix(text, "~/") {
		text = "$HOME" + text[1:]
	}
	text = s.expand(text)
	if !filepath.IsAbs(text) && text != "" {
		text = filepath.Join(s.Dir, text)
	}
	return text
}

// expand replaces the variables of a text, as a shell does: ${NAME:-text} has the text if
// the variable is not set. Names of one or two letters, such as $_, stand in passwords.
func (s *search) expand(text string) string {
	if !strings.Contains(text, "$") || s.Getenv == nil {
		return text
	}
	return os.Expand(text, func(name string) string {
		name, other, _ := strings.Cut(name, "-")
		if name = strings.TrimSuffix(name, ":"); len(name) > 2 {
			if value := s.Getenv(name); value != "" {
				return value
			}
		}
		return other
	})
}

// isPlace reports whether a path is the root, the home folder or the working directory,
// however it is written.
func (s *search) isPlace(text string) bool {
	path := filepath.Clean(s.path(text))
	return path == filepath.Dir(path) || path == filepath.Clean(s.Dir) || s.Getenv != nil && path == filepath.Clean(s.Getenv("HOME"))
}

// kind looks at the path that a text names. A text without a slash names none.
func (s *search) kind(text string) kind {
	if !hasSlash(text) {
		return nothing
	}
	k := s.look(text)
	if unescaped, err := url.PathUnescape(text); k == nothing && err == nil && unescaped != text { // of file:///path
		k = s.look(unescaped)
	}
	return k
}

// exists reports whether a text names a file, with or without a slash.
func (s *search) exists(text string) bool {
	k := nothing
	if text = strings.TrimLeft(text, "@<"); text != "" {
		k = s.look(text)
	}
	return k != nothing && k != folder
}

// look is kind for any text. The text that was looked at last is not looked at again.
func (s *search) look(text string) kind {
	if text != s.last {
		s.last, s.lastKind = text, s.stat(text)
	}
	return s.lastKind
}

func (s *search) stat(text string) kind {
	if len(text) > maxPath || strings.IndexByte(text, 0) >= 0 || text == "" {
		return nothing
	}
	path := s.path(text)
	if remote(path) { // to look would connect to the server
		return s.file(path, 0)
	}
	if s.looks++; s.looks > maxLooks {
		s.found(isTooMuch)
		return nothing
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nothing
	case info.IsDir():
		return folder
	case !info.Mode().IsRegular():
		return nothing
	}
	return s.file(path, info.Mode())
}

// file returns the kind of a regular file.
func (s *search) file(path string, mode fs.FileMode) kind {
	switch {
	case mode&0o111 != 0 || slices.Contains(programEndings[1:], strings.ToLower(filepath.Ext(path))):
		return program
	case isCodeName(filepath.Base(path)):
		return code
	}
	return data
}

// isCodeName reports whether programs load a file of this name as code. What follows the
// ending of a shared library is its version.
func isCodeName(name string) bool {
	name = strings.ToLower(name)
	library, version, ok := strings.Cut(name, ".so.")
	if ok && library != "" && strings.Trim(version, "0123456789.") == "" {
		return true
	}
	ending := filepath.Ext(name)
	return ending != "" && slices.Contains(codeEndings, ending[1:])
}

// isOpen reports whether others than the owner, or the caller, can write a folder that has
// programs or code.
func (s *search) isOpen(path string) bool {
	info, err := os.Stat(path)
	return err == nil && (info.Mode()&0o022 != 0 || writable(path)) && s.has(path, maxDepth)
}

// has reports whether a folder has programs or code, itself or in the folders in it.
func (s *search) has(path string, depth int) bool {
	f, err := openFolder(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	var folders []string
	for {
		entries, err := f.ReadDir(256)
		for _, e := range entries {
			if isCodeName(e.Name()) && !e.IsDir() {
				return true
			}
			if e.Type().IsRegular() || e.Type()&fs.ModeSymlink != 0 || e.IsDir() {
				switch s.look(filepath.Join(path, e.Name())) {
				case program, code:
					return true
				case folder:
					folders = append(folders, e.Name())
				case nothing, data:
				}
			}
			if s.reason != "" {
				return true
			}
		}
		if err != nil || len(entries) == 0 {
			break
		}
	}
	return depth > 1 && slices.ContainsFunc(folders, func(name string) bool { return s.has(filepath.Join(path, name), depth-1) })
}

// maxListed is how many entries of folders are compared with the patterns of a value.
const maxListed = 4096

// matches reports whether a pattern of a shell, such as ./ev?l, leads to a program. Each
// part with a wildcard must also have two letters, and be in a folder other than the root:
// passwords have such characters as well.
func (s *search) matches(pattern string) bool {
	if !strings.ContainsAny(pattern, "*?[") || !beginsAsPath(pattern) || len(pattern) > maxPath {
		return false
	}
	path := s.path(pattern)
	if remote(path) {
		return false
	}
	parts := strings.Split(strings.Map(slash, path), "/")
	return s.match(parts[0]+"/", parts[1:])
}

func countLetters(text string) (n int) {
	for _, r := range text {
		if isLetter(r) {
			n++
		}
	}
	return n
}

func (s *search) match(dir string, parts []string) bool {
	at := slices.IndexFunc(parts, func(part string) bool { return strings.ContainsAny(part, "*?[") })
	if at < 0 {
		return s.look(filepath.Join(append([]string{dir}, parts...)...)) == program
	}
	dir = filepath.Join(append([]string{dir}, parts[:at]...)...)
	if dir == filepath.Dir(dir) || countLetters(parts[at]) < 2 || s.listed > maxListed {
		return false
	}
	f, err := openFolder(dir)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	for s.listed <= maxListed {
		names, err := f.Readdirnames(256)
		s.listed += len(names)
		for _, name := range names {
			if ok, _ := filepath.Match(parts[at], name); ok && s.match(filepath.Join(dir, name), parts[at+1:]) {
				return true
			}
		}
		if err != nil || len(names) == 0 {
			break
		}
	}
	return false
}
