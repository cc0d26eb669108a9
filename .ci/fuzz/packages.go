package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/postern-project/postern/ci/internal/git"
)

// pkg is a Go package of the repository.
type pkg struct {
	path    string
	dir     string          // from the top of the repository, with slashes
	module  string          // the folder of its module, likewise
	targets []string        // its fuzz targets, in the order of the files
	deps    map[string]bool // import paths of all packages in its test binary
}

// moduleDirs returns the folders of the modules of the repository, except .ci and
// those in testdata.
func moduleDirs(repo git.Repo) ([]string, error) {
	files, err := repo.Names("ls-files", "-z", "--cached", "--others", "--exclude-standard", "go.mod", "*/go.mod")
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, f := range files {
		if dir := path.Dir(f); !underTestdata(dir) && dir != ".ci" {
			dirs = append(dirs, dir)
		}
	}
	return dirs, nil
}

func underTestdata(dir string) bool { return slices.Contains(strings.Split(dir, "/"), "testdata") }

// packages lists the packages of all modules.
func packages(repo git.Repo) ([]*pkg, error) {
	dirs, err := moduleDirs(repo)
	if err != nil {
		return nil, err
	}
	var all []*pkg
	for _, dir := range dirs {
		some, err := list(repo, dir)
		if err != nil {
			return nil, fmt.Errorf("list the packages of %s: %w", dir, err)
		}
		all = append(all, some...)
	}
	return all, nil
}

// listed is what go list prints for a package or for its test binary, whose import
// path ends in ".test".
type listed struct {
	Dir, ImportPath, ForTest  string
	TestGoFiles, XTestGoFiles []string
	Deps                      []string
}

// list returns the packages of one module. go list prints one entry for a
// package, which has its files, and then one for its test binary, which has its
// dependencies.
func list(repo git.Repo, module string) ([]*pkg, error) {
	cmd := exec.Command("go", "list", "-test", "-json=Dir,ImportPath,ForTest,TestGoFiles,XTestGoFiles,Deps", "./...")
	cmd.Dir = filepath.Join(string(repo), filepath.FromSlash(module))
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	if err != nil {
		return nil, err
	}
	var all []*pkg
	byPath := map[string]*pkg{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		if err := d.Decode(&l); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		tested, isTest := strings.CutSuffix(l.ImportPath, ".test")
		switch p := byPath[tested]; {
		case isTest && p != nil:
			for _, dep := range l.Deps {
				dep, _, _ = strings.Cut(dep, " ") // "PATH [TESTED.test]" is PATH, recompiled for that test
				p.deps[dep] = true
			}
		case l.ForTest == "":
			if p, err = l.pkg(repo, module); err != nil {
				return nil, err
			}
			all, byPath[p.path] = append(all, p), p
		}
	}
}

func (l listed) pkg(repo git.Repo, module string) (*pkg, error) {
	dir, err := filepath.Rel(string(repo), l.Dir)
	if err != nil {
		return nil, err
	}
	p := &pkg{path: l.ImportPath, dir: filepath.ToSlash(dir), module: module, deps: map[string]bool{}}
	for _, file := range append(l.TestGoFiles, l.XTestGoFiles...) {
		names, err := targets(filepath.Join(l.Dir, file))
		if err != nil {
			return nil, err
		}
		p.targets = append(p.targets, names...)
	}
	return p, nil
}

// targets returns the fuzz targets of one test file.
func targets(file string) ([]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Fuzz") && len(fn.Type.Params.List) == 1 {
			names = append(names, fn.Name.Name)
		}
	}
	return names, nil
}
