package app_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	goruntime "runtime"
	"testing"
	"time"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/audit"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// many is a provider that has a value for every key.
type many struct{ secret.Provider }

func valueOf(key secret.Key) string { return "value-of-the-key-" + string(key) + "-0123456789" }

func (many) Get(_ context.Context, key secret.Key) (secret.Secret, error) {
	return secret.FromString(valueOf(key))
}

func (many) Watch(context.Context) iter.Seq2[secret.Event, error] {
	return func(yield func(secret.Event, error) bool) {
		yield(secret.Event{}, secret.ErrUnsupported)
	}
}

// What a command has read stays masked for as long as it runs, however many values that
// are and whether or not it still has their Secrets; and no longer.
func TestP18ValuesAreMaskedUntilTheSessionEnds(t *testing.T) {
	t.Parallel()
	now := time.Now()
	clock := func() time.Time { return now }
	a := app.New(nil, nil, io.Discard, io.Discard)
	a.Values = redact.New(redact.Options{Now: clock})
	later := func() {
		for range 3 {
			goruntime.GC()
			a.Values.Len() // begins the grace of what was collected
			now = now.Add(2 * redact.DefaultGrace)
		}
	}
	c := &config.Config{Timeout: time.Minute, Options: runtime.Options{
		Providers: []runtime.ProviderOptions{{Name: "p", Provider: many{}}}, Now: clock,
	}}
	err := a.WithConfig(t.Context(), c, func(ctx context.Context, s app.Session) error {
		var keys []secret.Key
		for i := range 20_000 {
			keys = append(keys, secret.Key(fmt.Sprint(i)))
		}
		one, err := s.At("p")
		if err != nil {
			return err
		}
		for _, r := range append(s.GetMany(ctx, keys[1:15_000]), one.GetMany(ctx, keys[15_000:])...) {
			if r.Err != nil {
				return r.Err
			}
		}
		if _, err := s.Get(ctx, keys[0]); err != nil {
			return err
		}
		later()
		for _, key := range keys {
			if got := a.Values.String(valueOf(key)); got == valueOf(key) {
				return fmt.Errorf("the value of %q is not masked any more", key)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	later()
	if n := a.Values.Len(); n != 0 {
		t.Errorf("%d values are masked after the session", n)
	}
}

// lines counts the lines that are written to it.
type lines int

func (n *lines) Write(b []byte) (int, error) {
	*n += lines(bytes.Count(b, []byte("\n")))
	return len(b), nil
}

// A command makes many requests at once. Their records are not lost for want of a place.
func TestCommandsRecordAllRequests(t *testing.T) {
	t.Parallel()
	var recorded lines
	c := &config.Config{Timeout: time.Minute, Options: runtime.Options{
		Providers:   []runtime.ProviderOptions{{Name: "p", Provider: many{}}},
		DecisionLog: runtime.DecisionLog{Writer: &recorded, Options: audit.Options{Queue: 1}},
	}}
	err := app.New(nil, nil, io.Discard, io.Discard).WithConfig(t.Context(), c, func(ctx context.Context, s app.Session) error {
		var keys []secret.Key
		for i := range 2000 {
			keys = append(keys, secret.Key(fmt.Sprint(i)))
		}
		for _, r := range s.GetMany(ctx, keys) {
			if r.Err != nil {
				return r.Err
			}
		}
		return nil
	})
	if err != nil || recorded != 4000 {
		t.Errorf("%d records, %v; want two for each of 2000 requests", recorded, err)
	}
}
