package project_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// surroundings are functions and variables of the standard library whose result the
// environment of the process decides.
var surroundings = map[string][]string{
	"os":       {"Environ", "Expand", "ExpandEnv", "Getenv", "LookupEnv", "TempDir", "UserCacheDir", "UserConfigDir", "UserHomeDir"},
	"os/exec":  {"LookPath"},
	"os/user":  {"Current", "Lookup", "LookupGroup", "LookupGroupId", "LookupId"},
	"syscall":  {"Environ", "Getenv"},
	"time":     {"Local", "LoadLocation"},
	"net/http": {"DefaultClient", "DefaultTransport", "Get", "Head", "Post", "PostForm", "ProxyFromEnvironment"},
	"runtime":  {"GOROOT"},

	"crypto/x509": {"SystemCertPool"},
}

// readers are the uses of them that are accepted, each with what keeps it harmless.
var readers = []string{
	"cmd/postern/main.go os.Environ",                               // is passed on, to what names its variables
	"cmd/postern/internal/app/sources.go os.UserCacheDir",          // the owner of the cache is checked
	"cmd/postern/internal/childproc/run_other.go os/exec.LookPath", // the command of the user
	"cmd/postern/internal/runfiles/folder_other.go os.TempDir",     // the owner of the folder is checked
	"cmd/postern/internal/runfiles/folder_unix.go os.TempDir",      // likewise
	"cmd/postern/internal/steering/files.go os.Expand",             // by the variables of the command
	"runtime/internal/capability/env/env.go os.Environ",            // only names of the grant
	"runtime/internal/capability/env/env.go os.LookupEnv",          // likewise
	"runtime/safefile/owner_unix.go os.Getenv",                     // HOME, whose parents are passed only where owners are unknown
}

func TestTM199OnlyListedCodeReadsTheEnvironment(t *testing.T) {
	t.Parallel()
	var found []string
	for _, name := range files(t) {
		product := strings.HasPrefix(name, "runtime/") || strings.HasPrefix(name, "cmd/") || strings.HasPrefix(name, "modules/")
		if !product || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "/testdata/") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, read(t, name), 0)
		if err != nil {
			t.Fatal(err)
		}
		imported := map[string]string{} // path by name
		for _, i := range f.Imports {
			at, _ := strconv.Unquote(i.Path.Value)
			local := path.Base(at)
			if i.Name != nil {
				local = i.Name.Name
			}
			imported[local] = at
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && slices.Contains(surroundings[imported[x.Name]], s.Sel.Name) {
					found = append(found, name+" "+imported[x.Name]+"."+s.Sel.Name)
				}
			}
			return true
		})
	}
	slices.Sort(found)
	want := slices.Sorted(slices.Values(readers))
	if found = slices.Compact(found); !slices.Equal(found, want) {
		t.Errorf("what reads the environment:\n%s\nwant:\n%s", strings.Join(found, "\n"), strings.Join(want, "\n"))
	}
}
