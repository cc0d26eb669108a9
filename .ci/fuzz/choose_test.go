package main

import (
	"fmt"
	"testing"

	"github.com/postern-project/postern/ci/internal/git/gittest"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	all := []*pkg{
		{path: "cli", targets: []string{"FuzzA", "FuzzB"}, deps: map[string]bool{"policy": true, "abi": true, "secret": true}},
		{path: "policy", targets: []string{"FuzzC"}, deps: map[string]bool{"abi": true}},
		{path: "abi", targets: []string{"FuzzD", "FuzzE", "FuzzF"}},
		{path: "secret"},
	}
	for _, c := range []struct{ changed, want string }{
		{"", "[]"},
		{"docs", "[]"},
		{"cli", "[cli FuzzA cli FuzzB]"},
		{"policy", "[policy FuzzC cli FuzzA cli FuzzB]"},
		{"abi", "[abi FuzzD abi FuzzE abi FuzzF cli FuzzA policy FuzzC cli FuzzB]"},
		{"secret", "[cli FuzzA cli FuzzB]"},
	} {
		if got := fmt.Sprint(choose(all, map[string]bool{c.changed: true})); got != c.want {
			t.Errorf("choose(%s) = %s, want %s", c.changed, got, c.want)
		}
	}
	run, left := cut(inTurn(all), 4)
	if got, want := fmt.Sprint(run, left), "[cli FuzzA policy FuzzC abi FuzzD cli FuzzB] [abi FuzzE abi FuzzF]"; got != want {
		t.Errorf("cut = %s, want %s", got, want)
	}
}

// TestPackages lists a repository with a module inside another, and a third
// beneath testdata, which does not count.
func TestPackages(t *testing.T) {
	t.Parallel()
	r := gittest.New(t)
	r.Write("go.mod", "module example.org/m\n\ngo 1.26\n")
	r.Write("abi/abi.go", "package abi\n")
	r.Write("abi/abi_test.go", "package abi\n\nimport \"testing\"\n\nfunc FuzzAbi(f *testing.F) {}\n\nfunc Fuzzy() {}\n")
	r.Write("run/run.go", "package run\n")
	r.Write("run/run_test.go", "package run_test\n\nimport (\n\t\"testing\"\n\n\t_ \"example.org/m/abi\"\n\t_ \"example.org/m/run\"\n)\n\nfunc FuzzRun(f *testing.F) {}\n")
	r.Write("sdk/go.mod", "module example.org/m/sdk\n\ngo 1.26\n")
	r.Write("sdk/sdk.go", "package sdk\n")
	r.Write("sdk/sdk_test.go", "package sdk\n\nimport \"testing\"\n\nfunc FuzzSDK(f *testing.F) {}\n")
	r.Write("testdata/peers/go.mod", "module example.org/m/testdata/peers\n\ngo 1.26\n")
	r.Write("testdata/peers/peers.go", "package peers\n")
	all, err := packages(r.Repo)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, p := range all {
		got += fmt.Sprintf("%s in %s of %s: %v, abi %v\n", p.path, p.dir, p.module, p.targets, p.deps["example.org/m/abi"])
	}
	want := `example.org/m/abi in abi of .: [FuzzAbi], abi true
example.org/m/run in run of .: [FuzzRun], abi true
example.org/m/sdk in sdk of sdk: [FuzzSDK], abi false
`
	if got != want {
		t.Errorf("packages:\n%swant:\n%s", got, want)
	}
}
