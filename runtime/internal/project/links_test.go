package project_test

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// TestLinks requires every link within the repository to lead to a file, and its
// fragment to a heading; and every path in code that begins with a folder of the
// top level to exist. In a path, <name> stands for any name.
func TestLinks(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		n := 0
		for line := range strings.Lines(outsideBlocks(read(t, page))) {
			n++
			for _, m := range link.FindAllStringSubmatch(line, -1) {
				if why := badLink(t, page, m[1]); why != "" {
					t.Errorf("%s:%d: link %s: %s", page, n, m[1], why)
				}
			}
			for _, m := range codeSpan.FindAllStringSubmatch(line, -1) {
				if topPath(m[1]) && !exists(m[1]) {
					t.Errorf("%s:%d: there is no %s", page, n, m[1])
				}
			}
		}
	}
}

// outsideBlocks returns a page with empty lines in place of its fenced blocks.
func outsideBlocks(markdown string) string {
	var b strings.Builder
	inside := false
	for line := range strings.Lines(markdown) {
		fence := strings.HasPrefix(line, "```")
		if fence || inside {
			line = "\n"
		}
		if fence {
			inside = !inside
		}
		b.WriteString(line)
	}
	return b.String()
}

func badLink(t *testing.T, page, to string) string {
	t.Helper()
	if strings.Contains(to, "://") {
		return ""
	}
	file, fragment, _ := strings.Cut(to, "#")
	target := page
	if file != "" {
		target = path.Join(path.Dir(page), file)
	}
	if _, err := os.Stat(filepath.Join(root, target)); err != nil {
		return "there is no " + target
	}
	if fragment != "" && !slices.Contains(fragments(read(t, target)), fragment) {
		return fmt.Sprintf("%s has no heading for #%s", target, fragment)
	}
	return ""
}

// fragments returns the names under which the headings of a page are linked.
func fragments(markdown string) []string {
	var all []string
	for line := range strings.Lines(outsideBlocks(markdown)) {
		if heading, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			name := strings.ToLower(strings.TrimSpace(heading))
			name = notInFragment.ReplaceAllString(name, "")
			all = append(all, strings.ReplaceAll(name, " ", "-"))
		}
	}
	return all
}

var notInFragment = regexp.MustCompile(`[^\p{L}\p{N} _-]`)

// topPath reports whether code in a page is a path from the top of the repository.
func topPath(code string) bool {
	top, _, ok := strings.Cut(code, "/")
	return ok && slices.Contains(topLevel, top) && !strings.ContainsAny(code, " \t*")
}

func exists(name string) bool {
	pattern := filepath.Join(root, placeholder.ReplaceAllString(name, "*"))
	found, err := filepath.Glob(pattern)
	return err == nil && len(found) > 0
}

var placeholder = regexp.MustCompile(`<[a-z]+>`)

func TestFragments(t *testing.T) {
	t.Parallel()
	got := fmt.Sprint(fragments("# A b: c?\n```sh\n# no heading\n```\n## `x` and-y\n"))
	if want := "[a-b-c x-and-y]"; got != want {
		t.Errorf("fragments = %s, want %s", got, want)
	}
}
