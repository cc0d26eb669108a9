package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	goruntime "runtime"
	"slices"
	"strings"
	"time"
)

// operation does the same thing n times.
type operation func(n int) error

// contender is one way to do a work. open prepares it, with its files in dir.
type contender struct {
	name string
	open func(ctx context.Context, dir string) (op operation, end func(), err error)

	op     operation
	times  int       // operations per turn
	rounds []float64 // nanoseconds per operation
	allocs float64   // per operation
}

// work is something that can be done in several ways. The first contender is what the others
// are compared with: the least that it can cost.
type work struct {
	name       string
	contenders []contender
}

// measure gives each contender one turn in every round.
func (w *work) measure(ctx context.Context, rounds int, turn time.Duration) error {
	for i := range w.contenders {
		c := &w.contenders[i]
		dir, err := os.MkdirTemp("", "postern-bench")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		var end func()
		if c.op, end, err = c.open(ctx, dir); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		defer end()
		if err := c.calibrate(turn); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	for range rounds {
		for i := range w.contenders {
			if err := w.contenders[i].round(); err != nil {
				return fmt.Errorf("%s: %w", w.contenders[i].name, err)
			}
		}
	}
	return nil
}

// calibrate finds how many operations fill a turn, after one that warms up.
func (c *contender) calibrate(turn time.Duration) error {
	for c.times = 1; ; c.times *= 2 {
		start := time.Now()
		if err := c.op(c.times); err != nil {
			return err
		}
		if took := time.Since(start); took >= turn/2 || c.times > 1<<24 {
			c.times = max(1, int(float64(c.times)*float64(turn)/float64(took)))
			return nil
		}
	}
}

func (c *contender) round() error {
	goruntime.GC() // do not charge a contender for the garbage of the one before
	var before, after goruntime.MemStats
	goruntime.ReadMemStats(&before)
	start := time.Now()
	if err := c.op(c.times); err != nil {
		return err
	}
	c.rounds = append(c.rounds, float64(time.Since(start))/float64(c.times))
	goruntime.ReadMemStats(&after)
	c.allocs = float64(after.Mallocs-before.Mallocs) / float64(c.times)
	return nil
}

const header = "                                               work                     contender       median  x the first    allocs"

// report returns a line for each contender. A ratio is the median of the ratios within each
// round.
func (w *work) report() string {
	var out strings.Builder
	for i := range w.contenders {
		c := &w.contenders[i]
		each := make([]float64, len(c.rounds))
		for r := range each {
			each[r] = c.rounds[r] / w.contenders[0].rounds[r]
		}
		fmt.Fprintf(&out, "%51s  %28s %12s %12.3g %9.0f\n", w.name, c.name, duration(median(c.rounds)), median(each), c.allocs)
	}
	return out.String()
}

func median(values []float64) float64 {
	return slices.SortedFunc(slices.Values(values), cmp.Compare)[len(values)/2]
}

func duration(ns float64) string {
	switch {
	case ns < 1e3:
		return fmt.Sprintf("%.0f ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.2f µs", ns/1e3)
	}
	return fmt.Sprintf("%.2f ms", ns/1e6)
}
