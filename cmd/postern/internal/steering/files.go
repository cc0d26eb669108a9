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

// rooted reports whether a text begins as paths do, and not as other words with a slash.
func rooted(text string) bool {
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
	if strings.Contains(text, "$") && s.Getenv != nil {
		text = os.Expand(text, s.Getenv)
	}
	if !filepath.IsAbs(text) && text != "" {
		text = filepath.Join(s.Dir, text)
	}
	return text
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

func (s *search) look(text string) kind {
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
