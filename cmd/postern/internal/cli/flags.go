package cli

import (
	"strconv"
	"time"

	"github.com/urfave/cli/v3"
)

// truth reads a switch in the environment; what is no switch is off.
func truth(s string) bool {
	on, err := strconv.ParseBool(s)
	return err == nil && on
}

func jsonFlag() cli.Flag { return &cli.BoolFlag{Name: "json", Usage: "for machines"} }

func opFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: "op", Usage: "the operation `OP`: get, set, delete, keys, watch", Value: "get"}
}

func atFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: "at", Usage: "decide as if it were `TIME`, such as 2026-03-02T22:00:00Z"}
}

// moment reads the flag --at; now when it is not set.
func moment(cmd *cli.Command) (time.Time, error) {
	text := cmd.String("at")
	if text == "" {
		return time.Now(), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, usageOf(cmd, "--at wants a time such as 2026-03-02T22:00:00Z")
	}
	return at, nil
}
