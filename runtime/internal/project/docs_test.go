package project_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// publicPackages returns the packages of the main module that users import.
func publicPackages(t *testing.T) []listed {
	t.Helper()
	var public []listed
	for _, p := range packages(t) {
		if p.public() {
			public = append(public, p)
		}
	}
	return public
}

// parsed reads the Go files of one folder that keep accepts.
func parsed(t *testing.T, dir string, keep func(name string) bool) map[string]*ast.File {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]*ast.File{}
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".go" || !keep(e.Name()) {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, e.Name()), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		found[e.Name()] = f
	}
	return found
}

func isTest(name string) bool  { return strings.HasSuffix(name, "_test.go") }
func notTest(name string) bool { return !isTest(name) }

// TestDocs requires a comment that begins with its name for every exported
// identifier of a public package. Constants and variables in a group may share
// the group's comment; fields and interface methods are not checked.
func TestDocs(t *testing.T) {
	t.Parallel()
	for _, p := range publicPackages(t) {
		files := parsed(t, p.Dir, notTest)
		overview := files["doc.go"]
		if overview == nil || !strings.HasPrefix(overview.Doc.Text(), "Package "+p.Name+" ") {
			t.Errorf("%s has no doc.go with a comment that begins with Package %s", p.room(), p.Name)
		}
		for name, f := range files {
			for _, missing := range undocumented(f) {
				t.Errorf("%s/%s: %s has no comment that begins with its name", p.room(), name, missing)
			}
		}
	}
}

// undocumented returns the exported identifiers of a file that lack a comment.
func undocumented(f *ast.File) []string {
	var missing []string
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && exportedReceiver(d) && !startsWith(d.Doc, d.Name.Name) {
				missing = append(missing, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				missing = append(missing, undocumentedSpec(d, s)...)
			}
		}
	}
	return missing
}

func undocumentedSpec(d *ast.GenDecl, s ast.Spec) []string {
	switch s := s.(type) {
	case *ast.TypeSpec:
		comment := s.Doc
		if !d.Lparen.IsValid() {
			comment = d.Doc
		}
		if s.Name.IsExported() && !startsWith(comment, s.Name.Name) {
			return []string{s.Name.Name}
		}
	case *ast.ValueSpec:
		grouped := d.Lparen.IsValid() && (d.Doc != nil || s.Doc != nil || s.Comment != nil)
		for _, n := range s.Names {
			if n.IsExported() && !grouped && !startsWith(d.Doc, n.Name) {
				return []string{n.Name}
			}
		}
	}
	return nil
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	for x := d.Recv.List[0].Type; ; {
		switch t := x.(type) {
		case *ast.StarExpr:
			x = t.X
		case *ast.IndexExpr:
			x = t.X
		case *ast.IndexListExpr:
			x = t.X
		case *ast.Ident:
			return t.IsExported()
		default:
			return false
		}
	}
}

// startsWith reports whether the first word of a comment is a name. An article
// may precede it.
func startsWith(comment *ast.CommentGroup, name string) bool {
	text := comment.Text()
	for _, article := range []string{"", "A ", "An ", "The "} {
		rest, ok := strings.CutPrefix(text, article+name)
		if ok && (rest == "" || !isWord(rest[0])) {
			return true
		}
	}
	return false
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

func TestDocsRule(t *testing.T) {
	t.Parallel()
	const src = `package p

func Bare() {}

// Good says so.
func Good() {}

// Goodly is another word.
func Go() {}

type T struct{}

func (*T) M() {}

func (u) M() {}

type u struct{}

// The codes.
const (
	A = 1
	B = 2
)

const C = 3
`
	f, err := parser.ParseFile(token.NewFileSet(), "p.go", src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(undocumented(f), " "), "Bare Go T M C"; got != want {
		t.Errorf("undocumented = %s, want %s", got, want)
	}
}

// TestExamples requires an Example with output for every public package, and a
// test for every program of examples/.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		tests := parsed(t, p.Dir, isTest)
		switch {
		case strings.HasPrefix(p.room(), "examples/") && len(tests) == 0:
			t.Errorf("%s has no test that runs it", p.room())
		case p.public() && !hasExample(tests):
			t.Errorf("%s has no Example with an Output comment", p.room())
		}
	}
}

func hasExample(tests map[string]*ast.File) bool {
	for _, f := range tests {
		for _, e := range doc.Examples(f) {
			if e.Output != "" || e.EmptyOutput {
				return true
			}
		}
	}
	return false
}

// TestTablesInPagesAreWhole: each row of a table has as many cells as the first, or its
// reader sees none of the last ones. A | in a cell needs a backslash, in code too.
func TestTablesInPagesAreWhole(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		fenced, want := false, 0
		for i, line := range strings.Split(read(t, page), "\n") {
			line = strings.TrimSpace(line)
			if strings.HasPrefix(line, "```") {
				fenced = !fenced
			}
			if fenced || !strings.HasPrefix(line, "|") {
				want = 0
				continue
			}
			bars := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
			if want == 0 {
				want = bars
			}
			if bars != want {
				t.Errorf("%s:%d: the row has %d cells, want %d", page, i+1, bars-1, want-1)
			}
		}
	}
}
