package wasmhost_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// entering are the methods of the engine by which a host enters a guest.
var entering = []string{"ExportedFunction", "CallWithStack", "InstantiateModule", "InstantiateWithConfig"}

// A host function that enters a guest overflows the stack of the process, which
// cannot be recovered from. So only instance.go enters guests, and no host function
// calls what is there.
func TestTM008HostFunctionsEnterNoGuest(t *testing.T) {
	t.Parallel()
	files := 0
	for _, pattern := range []string{"*.go", "../capability/*.go", "../capability/*/*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") || strings.Contains(name, "/guesttest/") || name == "instance.go" {
				continue
			}
			files++
			syntax, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(syntax, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok && slices.Contains(entering, s.Sel.Name) {
					t.Errorf("%s uses %s", name, s.Sel.Name)
				}
				return true
			})
		}
	}
	if files < 40 {
		t.Errorf("%d files", files)
	}
}
