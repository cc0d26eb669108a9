package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// hints finds the commands that postern suggests.
var hints = regexp.MustCompile(`(?m)^postern: hint: (.*)$|"hint": ?"((?:[^"\\\\]|\\\\.)*)"|\(try: (.*)\)$`)

// shows are the commands of hints whose arguments are files, beside options.
var shows = []string{"ls", "cat", "chmod", "cp", "df", "rm", "icacls"}

// lost returns the paths in the hints of a text that lead nowhere, in a folder: the
// files of a command that shows or changes them, and what looks like one in a command of
// postern, unless the user has typed it as the configuration.
func lost(text, dir string) (paths []string) {
	for _, match := range hints.FindAllStringSubmatch(text, -1) {
		words := strings.Fields(strings.Join(match[1:], ""))
		if len(words) == 0 || strings.Contains(strings.Join(words, " "), "'") { // quoted: a path with blanks
			continue
		}
		for i, word := range words[1:] {
			before := words[i]
			isFile := slices.Contains(shows, words[0]) || words[0] == "postern" && slices.Contains([]string{".lua", ".wasm", ".yaml", ".toml", ".env"}, filepath.Ext(word))
			if word == "&&" { // what follows is about a copy that the first command makes
				break
			}
			if !isFile || strings.HasPrefix(word, "-") || strings.HasSuffix(word, ".copy") || words[0] == "chmod" && i == 0 || before == "-c" || before == "--compile-cache" {
				continue
			}
			path := word
			if !filepath.IsAbs(path) {
				path = filepath.Join(dir, path)
			}
			if _, err := os.Lstat(path); err != nil {
				paths = append(paths, word)
			}
		}
	}
	return paths
}

// checkHints fails if a hint of the last command leads to a file that does not exist.
func checkHints(ts *testscript.TestScript) {
	for _, stream := range []string{"stdout", "stderr"} {
		if paths := lost(ts.ReadFile(stream), ts.MkAbs(".")); len(paths) > 0 {
			ts.Fatalf("%s: a hint names what does not exist: %q", stream, paths)
		}
	}
}

// The check of the hints sees paths that lead nowhere, and takes no other word for one.
func TestLostFindsPaths(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "p.lua"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]string{
		"postern: error: x\npostern: hint: ls -l p_test.lua\n":              {"p_test.lua"},
		"postern: hint: ls -ld . p.lua\n":                                   nil,
		"postern: hint: chmod go-w gone\n":                                  {"gone"},
		"postern: hint: postern policy check q.lua\n":                       {"q.lua"},
		"postern: hint: postern -c gone.yaml policy check p.lua\n":          nil,
		"postern: hint: postern help policy test\n":                         nil,
		"fail  policy  it is bad (try: postern policy check /gone/x.lua)\n": {"/gone/x.lua"},
		`{"msg":"x","hint":"ls -l gone"}` + "\n":                            {"gone"},
		"postern: hint: cp p.lua p.lua.copy && mv -f p.lua.copy p.lua\n":    nil,
	} {
		if got := lost(text, dir); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
