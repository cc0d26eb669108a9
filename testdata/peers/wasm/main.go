package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

// The key that every contender is asked for, and its value.
const (
	key   = "DB_URL"
	value = "postgres://u:p@localhost:5432/db"
)

func main() {
	if os.Getenv(servesGRPC) != "" {
		serve()
		return
	}
	rounds := flag.Int("rounds", 31, "number of rounds; in each every contender takes one turn")
	turn := flag.Duration("turn", defaultTurn, "length of one turn")
	guests := flag.String("guests", "", "folder with extism.wasm and knqyf.wasm")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *rounds, *turn, *guests); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
