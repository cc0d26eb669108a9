package project_test

import (
	"path"
	"strings"
	"testing"
)

// The caps for one package, tests excluded. A package above them is split, or
// the rationale says why not under a heading that begins with
//
//	### Why is `PACKAGE` so large
const (
	maxPackageLines = 3_000
	maxPackageFiles = 25
)

func TestPackageSizes(t *testing.T) {
	t.Parallel()
	lines, count := map[string]int{}, map[string]int{}
	for _, name := range files(t) {
		if path.Ext(name) == ".go" && !isTest(name) {
			lines[path.Dir(name)] += strings.Count(read(t, name), "\n")
			count[path.Dir(name)]++
		}
	}
	rationale := read(t, "runtime/RATIONALE.md")
	for dir, n := range lines {
		large := n > maxPackageLines || count[dir] > maxPackageFiles
		explained := strings.Contains(rationale, "\n### Why is `"+dir+"` so large")
		switch {
		case large && !explained:
			t.Errorf("%s has %d lines in %d files; the limit is %d lines in %d files", dir, n, count[dir], maxPackageLines, maxPackageFiles)
		case !large && explained:
			t.Errorf("runtime/RATIONALE.md explains the size of %s, which is below the limits", dir)
		}
	}
}

// An import of a package has no side effects, in programs that embed it and in ours.
func TestNoInitFunctions(t *testing.T) {
	t.Parallel()
	for _, name := range files(t) {
		if path.Ext(name) == ".go" && !isTest(name) && !beneath(name, "testdata") && strings.Contains(read(t, name), "\nfunc init() ") {
			t.Errorf("%s has a function init; call it where it is needed", name)
		}
	}
}
