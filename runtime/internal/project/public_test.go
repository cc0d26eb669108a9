package project_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// TestPublicTypes requires package runtime itself to declare the types that
// users fill in, because documentation shows no fields of an alias.
func TestPublicTypes(t *testing.T) {
	t.Parallel()
	shown := map[string]*doc.Type{}
	for _, typ := range documented(t, filepath.Join(root, "runtime")).Types {
		shown[typ.Name] = typ
	}
	for _, name := range []string{"Grant", "FileGrant", "Mode", "Limits"} {
		typ := shown[name]
		if typ == nil {
			t.Errorf("package runtime shows no type %s", name)
			continue
		}
		spec := typ.Decl.Specs[0].(*ast.TypeSpec)
		if spec.Assign.IsValid() {
			t.Errorf("runtime.%s is an alias; declare it in package runtime", name)
			continue
		}
		s, ok := spec.Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, f := range s.Fields.List {
			if f.Doc == nil && f.Comment == nil {
				t.Errorf("runtime.%s: a field lacks a comment: %v", name, f.Names)
			}
		}
		if len(s.Fields.List) == 0 {
			t.Errorf("runtime.%s shows no fields", name)
		}
	}
}

// TestPublicConstants requires the exported limits of public packages to have values that
// go doc shows: it prints an expression as it is, and users cannot look up a name of an
// internal package. A conversion is fine: it makes a code, which users compare by its name.
func TestPublicConstants(t *testing.T) {
	t.Parallel()
	for _, p := range publicPackages(t) {
		for name, f := range parsed(t, p.Dir, notTest) {
			for _, hidden := range hiddenConstants(f) {
				t.Errorf("%s/%s: the value of %s is a name of an internal package; want the value itself", p.room(), name, hidden)
			}
		}
	}
}

// hiddenConstants returns the exported constants of a file whose values are computed from
// a constant of an internal package.
func hiddenConstants(f *ast.File) (names []string) {
	internal := map[string]bool{}
	for _, i := range f.Imports {
		dir, base := path.Split(strings.Trim(i.Path.Value, `"`))
		if i.Name != nil {
			base = i.Name.Name
		}
		internal[base] = strings.Contains("/"+dir, "/internal/")
	}
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			v := s.(*ast.ValueSpec)
			for i, value := range v.Values {
				ast.Inspect(value, func(n ast.Node) bool {
					if sel, ok := n.(*ast.SelectorExpr); ok && v.Names[i].IsExported() {
						if x, ok := sel.X.(*ast.Ident); ok && internal[x.Name] {
							names = append(names, v.Names[i].Name)
						}
					}
					_, conversion := n.(*ast.CallExpr)
					return !conversion
				})
			}
		}
	}
	return names
}

// documented returns what go doc shows of the package in a folder.
func documented(t *testing.T, dir string) *doc.Package {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".go" || isTest(e.Name()) {
			continue
		}
		f, err := parser.ParseFile(fset, filepath.Join(dir, e.Name()), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	p, err := doc.NewFromFiles(fset, files, modulePath)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestGoVersion keeps go.mod from asking for more than the first release of a
// Go version and from choosing a toolchain for users.
func TestGoVersion(t *testing.T) {
	t.Parallel()
	gomod := read(t, "go.mod")
	if !strings.Contains(gomod, "\ngo 1.26.0\n") {
		t.Errorf("go.mod does not say go 1.26.0")
	}
	if strings.Contains(gomod, "\ntoolchain ") {
		t.Errorf("go.mod has a toolchain line")
	}
}
