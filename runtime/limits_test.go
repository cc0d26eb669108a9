package runtime_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
)

var defaultText = regexp.MustCompile(`default is ([0-9,]+)( MiB| seconds)?`)

// The comments of Limits state the defaults that the host applies.
func TestLimitsStateTheirDefaults(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "options.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	defaults := reflect.ValueOf(wasmhost.Limits{}.WithDefaults())
	fields := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != "Limits" {
			return true
		}
		for _, f := range spec.Type.(*ast.StructType).Fields.List {
			fields++
			name, comment := f.Names[0].Name, strings.ReplaceAll(f.Doc.Text(), "\n", " ")
			if name == "Module" { // a word, whose default is two amounts
				continue
			}
			m := defaultText.FindStringSubmatch(comment)
			if m == nil {
				t.Errorf("Limits.%s: the comment states no default: %q", name, comment)
				continue
			}
			want, _ := strconv.ParseInt(strings.ReplaceAll(m[1], ",", ""), 10, 64)
			switch m[2] {
			case " MiB":
				want <<= 20
			case " seconds":
				want *= int64(time.Second)
			}
			got := defaults.FieldByName(name)
			if got.CanUint() && got.Uint() != uint64(want) || got.CanInt() && got.Int() != want {
				t.Errorf("Limits.%s: the comment says %d, the host uses %v", name, want, got)
			}
		}
		return false
	})
	if want := reflect.TypeFor[runtime.Limits]().NumField(); fields != want {
		t.Errorf("%d fields with comments, want %d", fields, want)
	}
}

// The modes of this package and of the host are the same.
func TestModes(t *testing.T) {
	t.Parallel()
	for public, host := range map[runtime.Mode]wasmhost.Mode{
		runtime.Isolated: wasmhost.Isolated, runtime.Pooled: wasmhost.Pooled, runtime.Serial: wasmhost.Serial,
	} {
		if wasmhost.Mode(public) != host || !host.Valid() {
			t.Errorf("mode %q is %q for the host", public, host)
		}
	}
}
