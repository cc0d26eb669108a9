package wasmhost_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/testdata/hostile"
)

const zooFolder = "../../../testdata/hostile"

// withoutRow are the modules that tests use in other ways.
var withoutRow = []string{"recursion_returns", "careless", "careless_as", "faulty", "script"}

// Every hostile module has one row, a binary and its source.
func TestZooIsComplete(t *testing.T) {
	t.Parallel()
	cases, err := hostile.Cases()
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]int{}
	for _, c := range cases {
		rows[c.Name]++
		if _, err := c.Wasm(); err != nil {
			t.Error(err)
		}
		if !slices.Contains([]string{"refused", "none", "replaced", "kept"}, c.Fate) || c.What == "" || !strings.HasPrefix(c.Threat, "TM-") {
			t.Errorf("the row of %s is incomplete: %+v", c.Name, c)
		}
	}
	for name, n := range rows {
		if n != 1 {
			t.Errorf("%s has %d rows", name, n)
		}
	}
	binaries, err := filepath.Glob(filepath.Join(zooFolder, "*.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range binaries {
		name := strings.TrimSuffix(filepath.Base(path), ".wasm")
		if (rows[name] == 1) == slices.Contains(withoutRow, name) {
			t.Errorf("%s has %d rows", name, rows[name])
		}
		found := false
		for _, source := range []string{name + ".wat", "c/" + name + ".c", "assemblyscript/" + name + ".ts"} {
			if _, err := os.Stat(filepath.Join(zooFolder, source)); err == nil {
				found = true
			}
		}
		if !found {
			t.Errorf("%s has no source", name)
		}
	}
}

// The binaries are built from their sources, as far as this machine can tell.
func TestZooIsBuilt(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("building two hundred modules takes seconds")
	}
	if _, err := exec.LookPath("wat2wasm"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("wat2wasm is not installed")
		}
		t.Skip("wat2wasm is not installed")
	}
	out, err := exec.Command(filepath.Join(zooFolder, "build.sh"), "--check").CombinedOutput()
	if err != nil {
		t.Errorf("build.sh --check: %v\n%s", err, out)
	}
	t.Logf("%s", out)
}
