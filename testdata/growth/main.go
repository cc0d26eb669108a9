package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	goruntime "runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	worst        = 1.1 // the largest exponent that is allowed
	doublings    = 6   // that the exponent is taken from
	measurements = 5   // of each size
	turn         = 10 * time.Millisecond
)

func main() {
	list := flag.Bool("list", false, "print the names of the rows")
	name := flag.String("row", "", "only rows whose names contain this")
	try := flag.Bool("try", false, "small sizes only")
	flag.Parse()
	fmt.Printf("%-42s %8s %12s %12s %9s\n", "cost of", "up to", "at 1/64", "at the end", "exponent")
	failed := false
	for _, r := range rows {
		if !strings.Contains(r.name, *name) {
			continue
		}
		if *list {
			fmt.Println(r.name)
			continue
		}
		largest := r.largest
		if *try {
			largest = min(largest, 1<<(doublings+3))
		}
		costs, err := measure(r, largest)
		if err != nil {
			fmt.Fprintf(os.Stderr, "growth: %s: %v\n", r.name, err)
			os.Exit(1)
		}
		e, verdict := exponent(costs), ""
		if e > worst {
			verdict, failed = "  grows too fast", true
		}
		fmt.Printf("%-42s %8d %12s %12s %9.2f%s\n", r.name, largest, short(costs[0]), short(costs[len(costs)-1]), e, verdict)
	}
	if failed {
		fmt.Fprintf(os.Stderr, "growth: an exponent is above %v\n", worst)
		os.Exit(1)
	}
}

// measure returns the costs of the sizes from largest / 2^doublings to largest.
func measure(r row, largest int) ([]time.Duration, error) {
	var costs []time.Duration
	for n := largest >> doublings; n <= largest; n *= 2 {
		cost, err := r.cost(n)
		if err != nil {
			return nil, fmt.Errorf("size %d: %w", n, err)
		}
		costs = append(costs, cost)
	}
	return costs, nil
}

// cost returns the cost of one operation of size n, the median of several measurements.
// Each repeats the operation until it takes a turn.
func (r row) cost(n int) (time.Duration, error) {
	dir, err := os.MkdirTemp("", "postern-growth")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	op, end, err := r.open(context.Background(), dir, n)
	if err != nil {
		return 0, err
	}
	defer end()
	if err := op(); err != nil { // what only the first one does
		return 0, err
	}
	var costs []time.Duration
	for range measurements {
		goruntime.GC()
		times, begun, err := 0, used(), error(nil)
		for ; err == nil && (times == 0 || used()-begun < turn); times++ {
			err = op()
		}
		if err != nil {
			return 0, err
		}
		costs = append(costs, (used()-begun)/time.Duration(times))
	}
	slices.Sort(costs)
	return costs[len(costs)/2], nil
}

// used returns the processor time of the process.
func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// exponent fits a line through the logarithms of costs of sizes that double.
func exponent(costs []time.Duration) float64 {
	var sx, sy, sxx, sxy float64
	for i, c := range costs {
		x, y := float64(i), math.Log2(float64(max(c, 1)))
		sx, sy, sxx, sxy = sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	n := float64(len(costs))
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}

func short(d time.Duration) string {
	switch {
	case d < 10*time.Microsecond:
		return d.String()
	case d < 10*time.Millisecond:
		return d.Round(100 * time.Nanosecond).String()
	}
	return d.Round(100 * time.Microsecond).String()
}
