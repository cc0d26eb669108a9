package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"
)

const defaultTurn = 20 * time.Millisecond

// contender is one way to get a value.
type contender struct {
	name  string
	open  func(ctx context.Context) (get func(ctx context.Context) (string, error), err error)
	close func() error

	get    func(ctx context.Context) (string, error)
	times  int       // gets per turn
	rounds []float64 // nanoseconds per get
	bytes  float64   // allocated per get
	allocs float64
}

func run(ctx context.Context, rounds int, turn time.Duration, guests string) error {
	all, err := contenders(guests)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.get, err = c.open(ctx); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		if c.close != nil {
			defer c.close()
		}
		if err := c.calibrate(ctx, turn); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	for range rounds {
		for _, c := range all {
			if err := c.round(ctx); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
	}
	return report(all)
}

// calibrate makes one get, which compiles the contenders that compile on first
// use, and finds how many gets fill a turn.
func (c *contender) calibrate(ctx context.Context, turn time.Duration) error {
	c.times = 1
	if err := c.turn(ctx); err != nil {
		return err
	}
	for c.times = 1; ; c.times *= 2 {
		start := time.Now()
		if err := c.turn(ctx); err != nil {
			return err
		}
		if took := time.Since(start); took >= turn/2 || c.times > 1<<24 {
			c.times = max(1, int(float64(c.times)*float64(turn)/float64(took)))
			return nil
		}
	}
}

func (c *contender) turn(ctx context.Context) error {
	for range c.times {
		got, err := c.get(ctx)
		if err != nil {
			return err
		}
		if got != value {
			return fmt.Errorf("got %d bytes, want the value", len(got))
		}
	}
	return nil
}

func (c *contender) round(ctx context.Context) error {
	runtime.GC() // do not charge a contender for the garbage of the one before
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	if err := c.turn(ctx); err != nil {
		return err
	}
	c.rounds = append(c.rounds, float64(time.Since(start))/float64(c.times))
	runtime.ReadMemStats(&after)
	c.bytes = float64(after.TotalAlloc-before.TotalAlloc) / float64(c.times)
	c.allocs = float64(after.Mallocs-before.Mallocs) / float64(c.times)
	return nil
}

// report prints a row for each contender. A ratio is the median of the ratios
// within each round, to the lower bound and to postern's first module.
func report(all []*contender) error {
	floor, postern := all[0], all[1]
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "one get\tmedian\t10th pct\tx %s\tx %s\tB\tallocs\t\n", floor.name, postern.name)
	for _, c := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%.0f\t%.0f\t\n", c.name,
			duration(quantile(c.rounds, 0.5)), duration(quantile(c.rounds, 0.1)),
			ratio(c, floor), ratio(c, postern), c.bytes, c.allocs)
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

func duration(ns float64) string {
	if ns < 1000 {
		return fmt.Sprintf("%.0f ns", ns)
	}
	return fmt.Sprintf("%.2f µs", ns/1000)
}
