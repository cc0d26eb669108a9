package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

// contender is one command that prints the value.
type contender struct {
	name   string
	args   []string
	dir    string
	env    []string
	before func() error // runs before each round, untimed

	rounds []float64 // nanoseconds from start to exit
	peak   []float64 // peak resident memory, in bytes
}

func measure(bin, dir string, rounds int) error {
	all, err := contenders(bin, dir)
	if err != nil {
		return err
	}
	for round := range rounds + 1 {
		for _, c := range all {
			if err := c.run(round > 0); err != nil { // the first round only fills caches
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
	}
	return report(all)
}

// contenders returns the lower bound, postern, and the peers, in this order. Each
// has its own environment and its own working folder.
func contenders(bin, dir string) ([]*contender, error) {
	empty, dotenv, cold := filepath.Join(dir, "empty"), filepath.Join(dir, "dotenv"), filepath.Join(dir, "cold")
	for _, d := range []string{empty, dotenv, cold} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile(filepath.Join(dotenv, ".env"), []byte(key+"="+value+"\n"), 0o600); err != nil {
		return nil, err
	}
	get := []string{filepath.Join(bin, "postern"), "get", key}
	all := []*contender{
		{name: "Go hello-world", args: []string{filepath.Join(bin, "hello")}, dir: empty},
		{name: "postern get, variable", args: get, dir: empty, env: []string{"HOME=" + dir, key + "=" + value}},
		{name: "postern get, .env", args: get, dir: dotenv, env: []string{"HOME=" + dir}},
		{name: "postern get, first run", args: get, dir: empty, env: []string{"HOME=" + cold, key + "=" + value},
			before: func() error { return os.RemoveAll(cold) }},
	}
	if _, err := os.Stat(filepath.Join(bin, "sops")); err != nil {
		fmt.Println("sops: not built, left out")
		return all, nil
	}
	return append(all, &contender{name: "sops decrypt, age", dir: dir,
		args: []string{filepath.Join(bin, "sops"), "decrypt", "--extract", `["` + key + `"]`, "sops.env"},
		env:  []string{"HOME=" + dir, "SOPS_AGE_KEY_FILE=" + filepath.Join(dir, "key.txt")}}), nil
}

func (c *contender) run(counts bool) error {
	if c.before != nil {
		if err := c.before(); err != nil {
			return err
		}
	}
	cmd := exec.Command(c.args[0], c.args[1:]...)
	cmd.Dir, cmd.Env = c.dir, append([]string{"PATH=/usr/bin:/bin"}, c.env...)
	start := time.Now()
	out, err := cmd.Output()
	took := time.Since(start)
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		return fmt.Errorf("%w: %s", err, exit.Stderr)
	} else if err != nil {
		return err
	}
	if strings.TrimSuffix(string(out), "\n") != value {
		return fmt.Errorf("printed %d bytes, want the value", len(out))
	}
	if counts {
		c.rounds = append(c.rounds, float64(took))
		if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			c.peak = append(c.peak, float64(usage.Maxrss)*1024)
		}
	}
	return nil
}

// report prints a row for each contender. A ratio is the median of the ratios
// within each round. The kernel counts a child's memory from before its exec, so
// a peak at or below the parent's own is only an upper bound and marked "<=".
func report(all []*contender) error {
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return err
	}
	floor, postern := all[0], all[1]
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "one process\tmedian\t10th pct\tx %s\tx %s\tpeak\t\n", floor.name, postern.name)
	for _, c := range all {
		peak, mark := quantile(c.peak, 0.5), ""
		if peak <= float64(own.Maxrss)*1024*1.05 {
			mark = "<= "
		}
		fmt.Fprintf(w, "%s\t%.1f ms\t%.1f ms\t%s\t%s\t%s%.1f MB\t\n", c.name,
			quantile(c.rounds, 0.5)/1e6, quantile(c.rounds, 0.1)/1e6, ratio(c, floor), ratio(c, postern), mark, peak/1e6)
	}
	return w.Flush()
}

func ratio(c, to *contender) string {
	each := make([]float64, len(c.rounds))
	for i := range each {
		each[i] = c.rounds[i] / to.rounds[i]
	}
	return fmt.Sprintf("%.3g", quantile(each, 0.5))
}

func quantile(values []float64, q float64) float64 {
	sorted := slices.SortedFunc(slices.Values(values), cmp.Compare)
	return sorted[int(math.Round(q*float64(len(sorted)-1)))]
}
