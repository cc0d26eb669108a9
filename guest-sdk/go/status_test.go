package postern_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/abi"
)

// TestEveryStatusHasAName: there is a constant for each status of the ABI but ok, with the
// name that package abi gives it. ReadOnly is a type of this package, hence ReadOnlyStore.
func TestEveryStatusHasAName(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "status.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]string{} // the name here, by the name in package abi
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Names) != 1 || len(spec.Values) != 1 {
			return true
		}
		if call, ok := spec.Values[0].(*ast.CallExpr); ok && len(call.Args) == 1 {
			if from, ok := call.Args[0].(*ast.SelectorExpr); ok {
				have[from.Sel.Name] = spec.Names[0].Name
			}
		}
		return true
	})
	for _, s := range abi.Statuses() {
		if s == abi.OK {
			continue
		}
		name := constantName(s)
		want := name
		if s == abi.ReadOnly {
			want = "ReadOnlyStore"
		}
		if have[name] != want {
			t.Errorf("the constant of status %v is %q, want %s", s, have[name], want)
		}
		delete(have, name)
	}
	for name := range have {
		t.Errorf("abi.%s is not a status", name)
	}
}

// constantName returns the name of a status as a Go constant: NotFound for not_found.
func constantName(s abi.Status) string {
	var b strings.Builder
	for word := range strings.SplitSeq(s.String(), "_") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}
