package cli_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/secret"
)

// TestHelpListsExitCodes: "postern --help exit-codes" shows every error code at
// the exit code that package secret gives it, and at no other. Only canceled
// stands twice: SIGINT cancels too, and has an exit code of its own.
func TestHelpListsExitCodes(t *testing.T) {
	t.Parallel()
	exit, stdout, stderr := run("--help", "exit-codes")
	if exit != 0 || stderr != "" {
		t.Fatalf("exit %d, %q", exit, stderr)
	}
	listed := map[secret.Code][]int{}
	table, _, _ := strings.Cut(stdout, "\n\n")
	n := 0
	for line := range strings.Lines(table) {
		names, isErrors := strings.CutPrefix(line, "        ")
		if !isErrors {
			number, _, _ := strings.Cut(line, " ")
			n, _ = strconv.Atoi(number) // 0 is the head of the table, and success
			continue
		}
		for name := range strings.SplitSeq(names, ",") {
			if code := secret.Code(strings.TrimSpace(name)); code != "" {
				listed[code] = append(listed[code], n)
			}
		}
	}
	for _, code := range secret.Codes() {
		want := []int{code.ExitCode()}
		if code == secret.ErrCanceled {
			want = append(want, 130)
		}
		if got := listed[code]; !slices.Equal(got, want) {
			t.Errorf("%s is listed at the exit codes %v, want %v", code, got, want)
		}
		delete(listed, code)
	}
	for code, exits := range listed {
		t.Errorf("%q is listed at the exit codes %v and is not an error code", code, exits)
	}
}
