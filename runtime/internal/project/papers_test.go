package project_test

import (
	"path"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// maxColumns is the width of text in the papers; tables and code may be wider.
const maxColumns = 100

// papers are the pages about the project itself.
var papers = []string{
	"README.md", ".github/CONTRIBUTING.md", ".github/SECURITY.md", "cmd/postern/CHANGELOG.md", "cmd/postern/docs/CONFIGURATION.md", "cmd/postern/docs/PEERS.md",
	"runtime/ARCHITECTURE.md", "runtime/RATIONALE.md", "runtime/THREATS.md",
}

func TestPapersAreWrapped(t *testing.T) {
	t.Parallel()
	for _, page := range papers {
		n := 0
		for line := range strings.Lines(outsideBlocks(read(t, page))) {
			n++
			if width := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); width > maxColumns && line[0] != '|' && !strings.Contains(line, "](") {
				t.Errorf("%s:%d has %d columns, at most %d are accepted", page, n, width, maxColumns)
			}
		}
	}
}

// maxComment is the width of a comment of its own in Go code, a tab counted as four.
const maxComment = 120

func TestDocsAreWrapped(t *testing.T) {
	t.Parallel()
	for _, name := range files(t) {
		if path.Ext(name) != ".go" || strings.Contains("/"+name, "/testdata/") {
			continue
		}
		n, output := 0, false
		for line := range strings.Lines(read(t, name)) {
			n++
			text := strings.TrimSpace(line)
			isComment := strings.HasPrefix(text, "// ")
			output = isComment && (output || strings.HasPrefix(text, "// Output:")) // of an example
			width := utf8.RuneCountInString(strings.ReplaceAll(strings.TrimSuffix(line, "\n"), "\t", "    "))
			if isComment && !output && width > maxComment {
				t.Errorf("%s:%d: the comment has %d columns, at most %d are accepted", name, n, width, maxComment)
			}
		}
	}
}

// TestReadmeLinks requires the README to link all other papers, so that a reader
// who has only the README finds them.
func TestReadmeLinks(t *testing.T) {
	t.Parallel()
	text := readme(t)
	for _, page := range papers[1:] {
		if !strings.Contains(text, "]("+page+")") {
			t.Errorf("README.md does not link %s", page)
		}
	}
	if !strings.Contains(text, "runtime/config") {
		t.Error("README.md does not name runtime/config")
	}
	if strings.Contains(text, "@latest") {
		t.Error("README.md installs a release, and there is none")
	}
}

// maxAnswer is how many lines an answer of the rationale may have.
const maxAnswer = 12

func TestRationaleAnswers(t *testing.T) {
	t.Parallel()
	heading, lines, seen := "", 0, map[string]bool{}
	end := func() {
		if heading != "" && lines == 0 {
			t.Errorf("RATIONALE.md: %q has no answer", heading)
		}
		if lines > maxAnswer {
			t.Errorf("RATIONALE.md: the answer to %q has %d lines, at most %d are accepted", heading, lines, maxAnswer)
		}
		heading, lines = "", 0
	}
	for line := range strings.Lines(read(t, "runtime/RATIONALE.md")) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "#"):
			end()
			if question, ok := strings.CutPrefix(line, "### "); ok {
				heading = question
				if !strings.HasPrefix(question, "Why ") || !strings.HasSuffix(question, "?") {
					t.Errorf("RATIONALE.md: %q does not read Why ...?", question)
				}
				if seen[question] {
					t.Errorf("RATIONALE.md: %q appears twice", question)
				}
				seen[question] = true
			}
		case line != "" && heading != "":
			lines++
		}
	}
	end()
}

var changeHeading = regexp.MustCompile(`^(# Changelog|## \[Unreleased\]|## \[[0-9]+\.[0-9]+\.[0-9]+\] - [0-9]{4}-[0-9]{2}-[0-9]{2}|### (Added|Changed|Deprecated|Removed|Fixed|Security))$`)

func TestChangelogHeadings(t *testing.T) {
	t.Parallel()
	text := read(t, "cmd/postern/CHANGELOG.md")
	if !strings.HasPrefix(text, "# Changelog\n") || !strings.Contains(text, "\n## [Unreleased]\n") {
		t.Error("CHANGELOG.md lacks its title or the section [Unreleased]")
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") && !changeHeading.MatchString(line) {
			t.Errorf("CHANGELOG.md: heading %q is not one of Keep a Changelog", line)
		}
	}
}
