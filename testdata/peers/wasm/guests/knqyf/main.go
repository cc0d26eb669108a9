//go:build wasip1

// Command knqyf is a knqyf263/go-plugin plugin that stores one key. Its service is
// the one of that project's example: a string in, a string out.
package main

import (
	"context"
	"errors"

	"github.com/knqyf263/go-plugin/examples/helloworld/greeting"
)

type store map[string]string

func (s store) Greet(_ context.Context, r *greeting.GreetRequest) (*greeting.GreetReply, error) {
	value, ok := s[r.GetName()]
	if !ok {
		return nil, errors.New("not found")
	}
	return &greeting.GreetReply{Message: value}, nil
}

func init() {
	greeting.RegisterGreeter(store{"DB_URL": "postgres://u:p@localhost:5432/db"})
}

func main() {}
