package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 15, "number of rounds; in each every contender takes one turn")
	turn := flag.Duration("turn", 20*time.Millisecond, "length of one turn")
	name := flag.String("work", "", "only work whose name contains this")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *name, *rounds, *turn); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, name string, rounds int, turn time.Duration) error {
	fmt.Println(header)
	for _, w := range all {
		if !strings.Contains(w.name, name) {
			continue
		}
		if err := w.measure(ctx, rounds, turn); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		fmt.Print(w.report())
	}
	return memory(ctx)
}
