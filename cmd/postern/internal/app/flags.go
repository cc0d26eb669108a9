package app

import (
	"time"

	"github.com/urfave/cli/v3"
)

// JSONFlag is --json, of every command that lists something.
func JSONFlag() cli.Flag { return &cli.BoolFlag{Name: "json", Usage: "for machines"} }

// OpFlag is --op, the operation of a request that is only explained.
func OpFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: "op", Usage: "the operation `OP`: get, set, delete, keys, watch", Value: "get"}
}

// AtFlag is --at, the time of such a request; see [Moment].
func AtFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: "at", Usage: "decide as if it were `TIME`, such as 2026-03-02T22:00:00Z"}
}

// Moment returns the time of --at, or the present if it is not set.
func Moment(cmd *cli.Command) (time.Time, error) {
	text := cmd.String("at")
	if text == "" {
		return time.Now(), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, UsageError(cmd, "--at wants a time such as 2026-03-02T22:00:00Z")
	}
	return at, nil
}
