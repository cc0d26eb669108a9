package project_test

import (
	"go/scanner"
	"go/token"
	"path"
	"regexp"
	"strings"
	"testing"
)

// dialect are phrases that made readers stop. They are joined here so that this
// file does not contain them.
var dialect = regexp.MustCompile(`(?i)\b(?:(there )?(?:is|are) n` + `o [a-z]|of o` + `urs\b|for e` + `ver\b|who` + `ever\b|te` + `lls\b|is t` + `old\b|has it t` + `hat\b|not to be h` + `ad\b|inside o` + `f\b|in va` + `in\b|be i` + `t\b|dea` + `r(?:er|est)?\b|h` + `(?:e|im|is)\b)`)

// allowedDialect are the uses of these phrases that are fine, by file and text. An
// entry that is not used fails.
var allowedDialect = map[string][]string{
	"runtime/redact/registry.go": {"such registration, or s was destroyed"}, // "there" ends the line above
}

// TestPlainEnglish finds phrases of dialect in comments and strings of Go, in
// Rust and Lua sources and in pages.
func TestPlainEnglish(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, name := range files(t) {
		if strings.Contains("/"+name, "/testdata/") {
			continue
		}
		for _, u := range dialectIn(name, read(t, name)) {
			if !allowed(used, name, u.text) {
				t.Errorf("%s:%d: %q: say it in plain English", name, u.line, u.text)
			}
		}
	}
	for name, texts := range allowedDialect {
		for _, text := range texts {
			if !used[name+"\n"+text] {
				t.Errorf("allowedDialect: %s does not contain %q", name, text)
			}
		}
	}
}

func allowed(used map[string]bool, name, text string) bool {
	for _, a := range allowedDialect[name] {
		if strings.Contains(text, a) {
			used[name+"\n"+a] = true
			return true
		}
	}
	return false
}

// phrase is a phrase of dialect with the line around it.
type phrase struct {
	line int
	text string
}

// dialectIn returns the phrases in a file: of a Go file only those in comments
// and strings, of the other files those in any line.
func dialectIn(name, text string) []phrase {
	switch path.Ext(name) {
	case ".go":
		text = proseOf(text)
	case ".rs", ".lua", ".md":
	default:
		return nil
	}
	var found []phrase
	n := 0
	for line := range strings.Lines(text) {
		n++
		for _, m := range dialect.FindAllStringSubmatch(line, -1) {
			if m[1] == "" { // "there is n-o" is plain English
				found = append(found, phrase{n, strings.TrimSpace(line)})
			}
		}
	}
	return found
}

// proseOf returns the comments and strings of a Go file, each in its lines.
func proseOf(source string) string {
	fset := token.NewFileSet()
	file := fset.AddFile("", -1, len(source))
	var s scanner.Scanner
	s.Init(file, []byte(source), nil, scanner.ScanComments)
	var b strings.Builder
	at := 1
	for {
		pos, tok, literal := s.Scan()
		if tok == token.EOF {
			return b.String()
		}
		if tok != token.COMMENT && tok != token.STRING {
			continue
		}
		for line := file.Line(pos); at < line; at++ {
			b.WriteByte('\n')
		}
		b.WriteString(literal + " ")
		at += strings.Count(literal, "\n")
	}
}

func TestDialectIn(t *testing.T) {
	t.Parallel()
	const no, owner = "is n" + "o", "of o" + "urs"
	for _, c := range []struct {
		name, text string
		want       int // line, 0 for none
	}{
		{"a.go", "package a\n\n// It " + no + " file.\n", 3},
		{"a.go", "package a\n\n// There " + no + " file.\n", 0},
		{"a.go", "package a\n\nvar s = \"a room " + owner + "\"\n", 3},
		{"a.go", "package a\n\nvar who" + "ever = 1\n", 0},
		{"a.md", "one\nit te" + "lls\n", 2},
		{"a.txt", "it te" + "lls\n", 0},
	} {
		got := 0
		if found := dialectIn(c.name, c.text); len(found) > 0 {
			got = found[0].line
		}
		if got != c.want {
			t.Errorf("dialectIn(%q, %q) found line %d, want %d", c.name, c.text, got, c.want)
		}
	}
}
