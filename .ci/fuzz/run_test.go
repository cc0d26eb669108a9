package main

import (
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	t.Parallel()
	abi := &pkg{path: "m/abi", dir: "abi"}
	const lines = "fuzz: elapsed: 3s, execs: 100 (33/sec), new interesting: 1 (total: 9)\nfuzz: elapsed: 6s, execs: 250 (41/sec), new interesting: 3 (total: 11)\n"
	var out strings.Builder
	failed, err := table(&out, []outcome{
		{target: target{abi, "FuzzA"}, output: lines + "PASS\n"},
		{target: target{abi, "FuzzB"}, output: "does not build\n", failed: true},
	})
	want := `package  target  inputs  new coverage  result
abi      FuzzA   250     3             ok
abi      FuzzB   -       -             FAILED

m/abi FuzzB failed:
does not build
`
	if err != nil || failed != 1 || out.String() != want {
		t.Errorf("table() = %d, %v and\n%swant\n%s", failed, err, out.String(), want)
	}
}

func TestEndedLate(t *testing.T) {
	t.Parallel()
	const ran = "fuzz: elapsed: 10s, execs: 812 (80/sec), new interesting: 1 (total: 9)\n"
	const late = "--- FAIL: FuzzA (10.01s)\n    context deadline exceeded\nFAIL\nexit status 1\nFAIL\texample.com/m/abi\t10.034s\nFAIL\n"
	for output, want := range map[string]bool{
		ran + late: true,
		late:       false, // nothing ran
		"fuzz: elapsed: 10s, execs: 0 (0/sec), new interesting: 0 (total: 0)\n" + late:                                                                                         false,
		ran + "--- FAIL: FuzzA (0.01s)\n    context deadline exceeded\n    Failing input written to testdata/fuzz/FuzzA/1\nFAIL\n":                                             false,
		ran + "--- FAIL: FuzzA (0.01s)\n    a_test.go:3: wrong\nFAIL\n":                                                                                                        false,
		ran + "failure while testing seed corpus entry: FuzzA/1\n--- FAIL: FuzzA (0.01s)\n    --- FAIL: FuzzA (0.00s)\n        a_test.go:3: context deadline exceeded\nFAIL\n": false,
		ran + "--- FAIL: FuzzA (0.01s)\n    a_test.go:3: got context deadline exceeded\nFAIL\n":                                                                                false,
	} {
		if got := endedLate(output); got != want {
			t.Errorf("endedLate(%q) = %v, want %v", output, got, want)
		}
	}
}
