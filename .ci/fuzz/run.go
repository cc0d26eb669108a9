package main

import (
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/postern-project/postern/ci/internal/git"
)

// atOnce is how many targets run at the same time.
const atOnce = 2

// outcome is the result of one target.
type outcome struct {
	target
	failed bool
	output string
}

// run fuzzes the targets for the given time each and returns the outcomes in the
// order of the targets.
func run(repo git.Repo, targets []target, each time.Duration) []outcome {
	outcomes := make([]outcome, len(targets))
	next := make(chan int)
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for i := range next {
				outcomes[i] = fuzz(repo, targets[i], each)
			}
		})
	}
	for i := range targets {
		next <- i
	}
	close(next)
	workers.Wait()
	return outcomes
}

func fuzz(repo git.Repo, t target, each time.Duration) outcome {
	cmd := exec.Command("go", "test", "-run", "^$", "-fuzz", "^"+t.name+"$", "-fuzztime", each.String(),
		"-fuzzminimizetime", "20x", "-parallel", "1", t.pkg.path)
	cmd.Dir = filepath.Join(string(repo), filepath.FromSlash(t.pkg.module))
	out, err := cmd.CombinedOutput()
	return outcome{target: t, failed: err != nil && !endedLate(string(out)), output: string(out)}
}

// late matches all that the fuzzer prints of a run which failed only because its time
// was up while an input was running.
var late = regexp.MustCompile(`^--- FAIL: \w+ \([0-9.]+s\)\n    context deadline exceeded\nFAIL\n(?:exit status 1\n)?(?:FAIL\t.*\n)?(?:FAIL\n)?$`)

// endedLate reports whether a run failed only because its time was up while an input
// was running, and whether any input ran before. A failing input of the corpus is
// reported in other words.
func endedLate(output string) bool {
	start := strings.Index(output, "--- FAIL:")
	if start < 0 || !late.MatchString(output[start:]) {
		return false
	}
	all := progress.FindAllStringSubmatch(output[:start], -1)
	return len(all) > 0 && all[len(all)-1][1] != "0"
}

// progress matches the status lines of the fuzzer.
var progress = regexp.MustCompile(`execs: (\d+) .*new interesting: (\d+)`)

// table prints one line for each outcome, then the output of the failed ones.
func table(w io.Writer, outcomes []outcome) (failed int, err error) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "package\ttarget\tinputs\tnew coverage\tresult\n")
	for _, o := range outcomes {
		execs, interesting := "-", "-"
		if all := progress.FindAllStringSubmatch(o.output, -1); len(all) > 0 {
			execs, interesting = all[len(all)-1][1], all[len(all)-1][2]
		}
		result := "ok"
		if o.failed {
			result = "FAILED"
			failed++
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", o.pkg.dir, o.name, execs, interesting, result)
	}
	if err := t.Flush(); err != nil {
		return failed, err
	}
	for _, o := range outcomes {
		if o.failed {
			fmt.Fprintf(w, "\n%s failed:\n%s", o.target, o.output)
		}
	}
	return failed, nil
}
