package main

import (
	"testing"
	"time"

	"github.com/postern-project/postern/ci/internal/git/gittest"
)

// TestRun fuzzes a package that passes, one that fails and one that does not build.
func TestRun(t *testing.T) {
	t.Parallel()
	r := gittest.New(t)
	r.Write("go.mod", "module example.org/m\n\ngo 1.26\n")
	const head = "\n\nimport \"testing\"\n\nfunc FuzzIt(f *testing.F) {\n\tf.Fuzz(func(t *testing.T, b []byte) {"
	r.Write("good/good_test.go", "package good"+head+"})\n}\n")
	r.Write("bad/bad_test.go", "package bad"+head+"t.Error(\"wrong\")})\n}\n")
	r.Write("broken/broken_test.go", "package broken"+head+"no such thing})\n}\n")
	var all []target
	for _, name := range []string{"good", "bad", "broken"} {
		all = append(all, target{&pkg{path: "example.org/m/" + name, dir: name, module: "."}, "FuzzIt"})
	}
	outcomes, err := run(r.Repo, all, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	for i, failed := range []bool{false, true, true} {
		if o := outcomes[i]; o.failed != failed || o.output == "" {
			t.Errorf("%s: failed %v, want %v:\n%s", o.target, o.failed, failed, o.output)
		}
	}
}
