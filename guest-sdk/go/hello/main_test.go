package main

import (
	"errors"
	"testing"

	postern "github.com/postern-project/postern/guest-sdk/go"
)

// answers is a Replies that records what it gets.
type answers map[string]string

func (a answers) Value(key string, value []byte, _ string) error {
	a[key] = string(value)
	return nil
}

func (a answers) Status(key string, s postern.Status) error {
	a[key] = s.Error()
	return nil
}

// TestGreeter runs the provider without a host.
func TestGreeter(t *testing.T) {
	t.Parallel()
	p, err := open(postern.Config{Settings: map[string]string{"greeting": "good day"}})
	if err != nil {
		t.Fatal(err)
	}
	got := answers{}
	if err := p.Get([]string{"hello", "other"}, got); err != nil || got["hello"] != "good day" || got["other"] != "not_found" {
		t.Errorf("Get() gave %q, %v", got, err)
	}
	full := errors.New("full")
	if err := p.Keys("", func(string) error { return full }); !errors.Is(err, full) {
		t.Errorf("Keys() = %v, want the error of add", err)
	}
	if _, err := open(postern.Config{Settings: map[string]string{"greting": "x"}}); err == nil {
		t.Error("a misspelt setting was accepted")
	}
}
