package postern_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/abi"
)

// TestRawImports compares the imports with the ABI: the same functions with the same
// number of parameters and results.
func TestRawImports(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "raw_wasip1.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	have := map[string][2]int{}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		name := strings.Fields(f.Doc.List[len(f.Doc.List)-1].Text)
		have[name[1]+"."+name[2]] = [2]int{f.Type.Params.NumFields(), f.Type.Results.NumFields()}
	}
	for _, f := range abi.Imports() {
		if f.Name == "features" {
			continue // no bits are defined
		}
		name := f.Module + "." + f.Name
		if want := [2]int{len(f.Params), len(f.Results)}; have[name] != want {
			t.Errorf("%s has %v parameters and results, want %v", name, have[name], want)
		}
		delete(have, name)
	}
	for name := range have {
		t.Errorf("%s is not a function of the ABI", name)
	}
}
