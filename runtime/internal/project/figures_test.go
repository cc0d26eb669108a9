package project_test

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// limitName are the names of exported constants that are limits or defaults.
var limitName = regexp.MustCompile(`^(Max|Min|Default)[A-Z]|^[A-Z].*(Memory|Time)$`)

// limit is an exported constant, its comment and how the comment may state its value.
type limit struct {
	name, comment string
	value         constant.Value
	duration      bool
	spelled       bool // written as a number times a unit of time, which go doc shows
}

// TestDocsFigures requires the comment of an exported limit or default to state its
// figure and unit. All that go doc shows otherwise is an expression, such as 16 << 20
// or the name of a constant in a package that users cannot see.
func TestDocsFigures(t *testing.T) {
	t.Parallel()
	n := 0
	for _, p := range publicPackages(t) {
		for _, l := range limits(t, p) {
			n++
			if want := figure(l); !l.spelled && !states(l.comment, want) {
				t.Errorf("%s.%s: the comment %q does not state %q and its unit", p.room(), l.name, strings.TrimSpace(l.comment), want)
			}
		}
	}
	if n < 14 {
		t.Errorf("%d limits were found, at least 14 are expected", n)
	}
}

// limits returns the exported limits and defaults of a package that are numbers.
func limits(t *testing.T, p listed) []limit {
	t.Helper()
	declared := 0
	for _, f := range parsed(t, p.Dir, notTest) {
		declared += len(limitsOf(f))
	}
	if declared == 0 {
		return nil // without the cost of a type check
	}
	dir, names, exports := compiled(t, p.ImportPath)
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		f, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})}
	checked, err := config.Check(p.ImportPath, fset, files, nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []limit
	for _, f := range files {
		for _, l := range limitsOf(f) {
			c, ok := checked.Scope().Lookup(l.name).(*types.Const)
			if !ok || c.Val().Kind() != constant.Int {
				continue
			}
			l.value, l.duration = c.Val(), c.Type().String() == "time.Duration"
			all = append(all, l)
		}
	}
	return all
}

// limitsOf returns the limits and defaults that a file declares, without their values.
func limitsOf(f *ast.File) []limit {
	var all []limit
	for _, d := range f.Decls {
		d, ok := d.(*ast.GenDecl)
		if !ok || d.Tok != token.CONST {
			continue
		}
		for _, s := range d.Specs {
			s := s.(*ast.ValueSpec)
			for i, name := range s.Names {
				if !limitName.MatchString(name.Name) {
					continue
				}
				l := limit{name: name.Name, comment: s.Doc.Text() + s.Comment.Text()}
				if !d.Lparen.IsValid() {
					l.comment = d.Doc.Text() + l.comment
				}
				if i < len(s.Values) {
					l.spelled = isSpelled(s.Values[i])
				}
				all = append(all, l)
			}
		}
	}
	return all
}

// isSpelled reports whether an expression is such as 10 * time.Minute.
func isSpelled(x ast.Expr) bool {
	product, ok := x.(*ast.BinaryExpr)
	if !ok || product.Op != token.MUL {
		return false
	}
	_, isNumber := product.X.(*ast.BasicLit)
	_, isUnit := product.Y.(*ast.SelectorExpr)
	return isNumber && isUnit
}

// figure returns the value of a limit as comments write it: "512", "64 KiB", "30 s".
func figure(l limit) string {
	n, _ := constant.Int64Val(l.value)
	if l.duration {
		d := time.Duration(n)
		switch {
		case d >= time.Minute:
			return fmt.Sprintf("%d minutes", d/time.Minute)
		case d >= time.Second:
			return fmt.Sprintf("%d s", d/time.Second)
		}
		return fmt.Sprintf("%d ms", d/time.Millisecond)
	}
	for shift, unit := range map[int]string{30: "GiB", 20: "MiB", 10: "KiB"} {
		if size := n >> shift; size > 0 && size < 1<<10 && size<<shift == n {
			return fmt.Sprintf("%d %s", size, unit)
		}
	}
	return fmt.Sprint(n)
}

// states reports whether a comment has a figure and, after it, a word.
func states(comment, figure string) bool {
	if !strings.Contains(figure, " ") {
		figure += " [a-z]"
	}
	return regexp.MustCompile(`(^|[^0-9,.])` + figure).MatchString(strings.Join(strings.Fields(comment), " "))
}

func TestFigure(t *testing.T) {
	t.Parallel()
	const src = `package p

// MaxA is the size of a file: 64 KiB.
const MaxA = 64 << 10

// MaxB is the length of a name in bytes.
const MaxB = 512

const (
	DefaultC = 4 // 4 characters
	MaxD     = 18
)

// MinE is 118 bytes.
const MinE = 18

const OtherF = 1
`
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "p.go", src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	checked, err := new(types.Config).Check("p", fset, []*ast.File{f}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var missing []string
	for _, l := range limitsOf(f) {
		l.value = checked.Scope().Lookup(l.name).(*types.Const).Val()
		if !states(l.comment, figure(l)) {
			missing = append(missing, l.name)
		}
	}
	if got, want := strings.Join(missing, " "), "MaxB MaxD MinE"; got != want {
		t.Errorf("constants without their figure: %s, want %s", got, want)
	}
}
