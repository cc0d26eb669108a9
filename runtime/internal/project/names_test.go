package project_test

import (
	"go/ast"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestArchitecture requires the files and functions that the page on the
// architecture names to exist. In a list item, code that directly follows a path to
// a Go file is declared in that file: `runtime/client.go` `Client.Get`.
func TestArchitecture(t *testing.T) {
	t.Parallel()
	const page = "runtime/ARCHITECTURE.md"
	n := 0
	for _, item := range items(read(t, page)) {
		for _, m := range fileAndNames.FindAllStringSubmatch(item.text, -1) {
			if !topPath(m[1]) {
				continue
			}
			n++
			if !exists(m[1]) {
				t.Errorf("%s:%d: there is no %s", page, item.line, m[1])
				continue
			}
			for _, name := range codeSpan.FindAllStringSubmatch(m[2], -1) {
				if !declares(t, m[1], name[1]) {
					t.Errorf("%s:%d: %s does not declare %s", page, item.line, m[1], name[1])
				}
			}
		}
	}
	if n < 10 {
		t.Errorf("%s names %d files, at least 10 are expected", page, n)
	}
}

var fileAndNames = regexp.MustCompile("`([^`\\s]+\\.go)`((?:\\s+`[A-Za-z]+(?:\\.[A-Za-z]+)?`)*)")

// item is an item of a list, its lines joined.
type item struct {
	line int
	text string
}

var itemStart = regexp.MustCompile(`^(?:-|[0-9]+\.) `)

// items returns the items of all lists of a page.
func items(markdown string) []item {
	var all []item
	n, open := 0, false
	for line := range strings.Lines(outsideBlocks(markdown)) {
		n++
		switch {
		case itemStart.MatchString(line):
			all, open = append(all, item{n, line}), true
		case open && strings.HasPrefix(line, "  "):
			all[len(all)-1].text += line
		default:
			open = false
		}
	}
	return all
}

// declares reports whether a Go file declares a function, a type, a method
// (Type.Method), a constant or a variable.
func declares(t *testing.T, file, name string) bool {
	t.Helper()
	dir, base := path.Split(file)
	f := parsed(t, filepath.Join(root, dir), func(n string) bool { return n == base })[base]
	if f == nil {
		return false
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if receiver(d)+d.Name.Name == name {
				return true
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					if s.Name.Name == name {
						return true
					}
				case *ast.ValueSpec:
					for _, n := range s.Names {
						if n.Name == name {
							return true
						}
					}
				}
			}
		}
	}
	return false
}

// receiver returns the name of a method's type and a dot, "" for a function.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	for x := d.Recv.List[0].Type; ; {
		switch t := x.(type) {
		case *ast.StarExpr:
			x = t.X
		case *ast.IndexExpr:
			x = t.X
		case *ast.Ident:
			return t.Name + "."
		default:
			return ""
		}
	}
}

// roomRow is a row of a table of rooms: one folder, and what it is for.
var roomRow = regexp.MustCompile("^\\| `([^`]+)` \\| \\S.* \\|$")

// TestArchitectureRooms requires the tables of rooms to have one row for each folder
// with Go files, and no row for a folder without files. Test data are one room.
func TestArchitectureRooms(t *testing.T) {
	t.Parallel()
	const page = "runtime/ARCHITECTURE.md"
	folders, rooms := map[string]bool{}, map[string]bool{}
	for _, name := range files(t) {
		if strings.Contains("/"+name, "/testdata/") {
			continue
		}
		dir := path.Dir(name)
		folders[dir] = folders[dir] || path.Ext(name) == ".go"
	}
	folders["testdata"] = true
	_, section, _ := strings.Cut(read(t, page), "\n## Rooms\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for line := range strings.Lines(section) {
		line = strings.TrimSpace(line)
		m := roomRow.FindStringSubmatch(line)
		_, found := folders[submatch(m)]
		switch {
		case m == nil && strings.HasPrefix(line, "| `"):
			t.Errorf("%s: want one folder and its purpose, got %s", page, line)
		case m == nil:
		case rooms[m[1]]:
			t.Errorf("%s has two rows for %s", page, m[1])
		case !found:
			t.Errorf("%s has a row for %s, which has no files", page, m[1])
		default:
			rooms[m[1]] = true
		}
	}
	for dir, hasGo := range folders {
		if hasGo && !rooms[dir] {
			t.Errorf("%s has no row for %s", page, dir)
		}
	}
}

// submatch returns the first group of a match, "" if there was none.
func submatch(match []string) string {
	if match == nil {
		return ""
	}
	return match[1]
}

// TestContributing requires the lists of what to change to name files that exist
// and hold what they are said to hold: `FILE` (`MARKER`) in a list item means that
// the file has the text MARKER.
func TestContributing(t *testing.T) {
	t.Parallel()
	const page = ".github/CONTRIBUTING.md"
	text := read(t, page)
	for _, it := range items(text) {
		for _, m := range fileAndMarkers.FindAllStringSubmatch(it.text, -1) {
			if !topPath(m[1]) || path.Ext(m[1]) == "" && m[2] == "" {
				continue
			}
			if !exists(m[1]) {
				t.Errorf("%s:%d: there is no %s", page, it.line, m[1])
				continue
			}
			for _, marker := range codeSpan.FindAllStringSubmatch(m[2], -1) {
				if !strings.Contains(read(t, m[1]), marker[1]) {
					t.Errorf("%s:%d: %s does not have the text %q", page, it.line, m[1], marker[1])
				}
			}
		}
	}
	for _, heading := range []string{"a module", "a capability", "a command", "an error code"} {
		_, section, _ := strings.Cut(text, "\n### Add "+heading+"\n")
		section, _, _ = strings.Cut(section, "\n#")
		if len(items(section)) < 3 {
			t.Errorf("%s: the section \"Add %s\" lists fewer than 3 files", page, heading)
		}
	}
}

var fileAndMarkers = regexp.MustCompile("`([^`\\s]+)`(?:\\s+\\(([^)]*)\\))?")

var glossaryRow = regexp.MustCompile(`^\| ([a-z ]+) \| (.+) \|$`)

// TestGlossary requires every word of the glossary to be in use in the code.
func TestGlossary(t *testing.T) {
	t.Parallel()
	_, section, _ := strings.Cut(read(t, ".github/CONTRIBUTING.md"), "\n## Glossary\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var code strings.Builder
	for _, name := range files(t) {
		if path.Ext(name) == ".go" && !beneath(name, "testdata") {
			code.WriteString(strings.ToLower(read(t, name)))
		}
	}
	words := 0
	for line := range strings.Lines(section) {
		m := glossaryRow.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil || m[1] == "word" {
			continue
		}
		words++
		if !strings.Contains(code.String(), m[1]) {
			t.Errorf("the glossary explains %q, which no Go file uses", m[1])
		}
	}
	if words < 25 {
		t.Errorf("the glossary has %d words, at least 25 are expected", words)
	}
}
