package app

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime/policy"
)

// JSONFlag is --json, for commands that list something.
func JSONFlag() cli.Flag { return &cli.BoolFlag{Name: "json", Usage: "print JSON"} }

// OpFlag is --op: the operation of a request to explain.
func OpFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: "op", Usage: "the `OPERATION`: get, set, create, update, delete, keys, watch", Value: "get"}
}

// AtFlag is --at: the time of a request to explain. See [Moment].
func AtFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: "at", Usage: "decide as if the time were `TIME`, such as 2026-03-02T22:00:00Z"}
}

// Moment returns the time of --at, or the current time if it is not set.
func Moment(cmd *cli.Command) (time.Time, error) {
	text := cmd.String("at")
	if text == "" {
		return time.Now(), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, UsageError(cmd, fmt.Sprintf("invalid --at %q; want a time such as 2026-03-02T22:00:00Z", text))
	}
	return at, nil
}

// Choice checks that a flag has one of the allowed values.
func Choice(cmd *cli.Command, flag string, choices ...string) error {
	given := cmd.String(flag)
	if slices.Contains(choices, given) {
		return nil
	}
	return UsageError(cmd, fmt.Sprintf("invalid --%s %q; want one of %s", flag, given, strings.Join(choices, ", "))+DidYouMean(given, choices))
}

// Operation returns the value of --op.
func Operation(cmd *cli.Command) (policy.Op, error) {
	op, ok := policy.ParseOp(cmd.String("op"))
	if !ok {
		return op, Choice(cmd, "op", "get", "set", "create", "update", "delete", "keys", "watch")
	}
	return op, nil
}
