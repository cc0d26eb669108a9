package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	list := flag.Bool("list", false, "print the names of the operations")
	name := flag.String("row", "", "the operation to time")
	turn := flag.Duration("turn", 200*time.Millisecond, "how long to repeat the operation")
	flag.Parse()
	if *list {
		for _, r := range rows {
			fmt.Println(r.name)
		}
		return
	}
	ns, err := measure(context.Background(), *name, *turn)
	if err != nil {
		fmt.Fprintln(os.Stderr, "guard:", err)
		os.Exit(1)
	}
	fmt.Printf("%.1f\n", ns)
}

// measure returns the nanoseconds per operation of a row, averaged over as many
// operations as fill the turn.
func measure(ctx context.Context, name string, turn time.Duration) (float64, error) {
	for _, r := range rows {
		if r.name != name {
			continue
		}
		dir, err := os.MkdirTemp("", "postern-guard")
		if err != nil {
			return 0, err
		}
		defer os.RemoveAll(dir)
		op, err := r.open(ctx, dir)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		return repeat(op, turn)
	}
	return 0, fmt.Errorf("unknown row %q; -list prints the names", name)
}

// repeat doubles the number of operations until they take half a turn, which also
// serves as warm-up, and then times a full turn.
func repeat(op operation, turn time.Duration) (float64, error) {
	for n := 1; ; n *= 2 {
		took, err := timed(op, n)
		if err != nil {
			return 0, err
		}
		if took < turn/2 {
			continue
		}
		n = max(1, int(float64(n)*float64(turn)/float64(took)))
		took, err = timed(op, n)
		return float64(took) / float64(n), err
	}
}

func timed(op operation, n int) (time.Duration, error) {
	start := time.Now()
	err := op(n)
	return time.Since(start), err
}
