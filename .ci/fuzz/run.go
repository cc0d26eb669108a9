package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
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
func run(repo git.Repo, targets []target, each time.Duration) ([]outcome, error) {
	b, err := newBuilder(repo)
	if err != nil {
		return nil, err
	}
	defer b.close()
	outcomes := make([]outcome, len(targets))
	next := make(chan int)
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for i := range next {
				outcomes[i] = b.fuzz(targets[i], each)
			}
		})
	}
	for i := range targets {
		next <- i
	}
	close(next)
	workers.Wait()
	return outcomes, nil
}

// builder builds the test binary of each package once. Two builds at the same time would
// compile what they share twice.
type builder struct {
	repo    git.Repo
	dir     string // of the test binaries
	corpora string // where the fuzzer keeps inputs: the folder of go test -fuzz
	mu      sync.Mutex
	built   map[*pkg]built // guarded by mu
}

// built is a test binary, or why there is none.
type built struct {
	file, output string
	err          error
}

func newBuilder(repo git.Repo) (*builder, error) {
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		return nil, fmt.Errorf("ask for the build cache: %w", err)
	}
	dir, err := os.MkdirTemp("", "postern-fuzz-")
	if err != nil {
		return nil, err
	}
	return &builder{repo: repo, dir: dir, corpora: filepath.Join(strings.TrimSpace(string(cache)), "fuzz"), built: map[*pkg]built{}}, nil
}

func (b *builder) close() { _ = os.RemoveAll(b.dir) }

func (b *builder) build(p *pkg) built {
	b.mu.Lock()
	defer b.mu.Unlock()
	if done, ok := b.built[p]; ok {
		return done
	}
	file := filepath.Join(b.dir, strconv.Itoa(len(b.built))+".test")
	cmd := exec.Command("go", "test", "-c", "-fuzz", ".", "-o", file, p.path)
	cmd.Dir = filepath.Join(string(b.repo), filepath.FromSlash(p.module))
	out, err := cmd.CombinedOutput()
	done := built{file, string(out), err}
	b.built[p] = done
	return done
}

// fuzz runs one target as go test -fuzz does.
func (b *builder) fuzz(t target, each time.Duration) outcome {
	binary := b.build(t.pkg)
	if binary.err != nil {
		return outcome{target: t, failed: true, output: fmt.Sprintf("%s%v\n", binary.output, binary.err)}
	}
	cmd := exec.Command(binary.file, "-test.run", "^$", "-test.fuzz", "^"+t.name+"$", "-test.fuzztime", each.String(),
		"-test.fuzzminimizetime", "20x", "-test.parallel", "1", "-test.timeout", "10m", "-test.paniconexit0",
		"-test.fuzzcachedir", filepath.Join(b.corpora, filepath.FromSlash(t.pkg.path)))
	cmd.Dir = filepath.Join(string(b.repo), filepath.FromSlash(t.pkg.dir))
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
