// Embed shows Postern inside a service: a logger that cannot print a secret, a
// caller for every request, errors by code, and a watch.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "embed:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	rt, err := runtime.Open(ctx, runtime.Options{
		Providers: []runtime.ProviderOptions{{Name: "sessions", Module: "memory"}},
	})
	if err != nil {
		return err
	}
	defer rt.Close()

	// From its release on, every value of the runtime is masked in this log.
	log := slog.New(redact.NewHandler(out, rt.Redactor(), func(w io.Writer) slog.Handler {
		return slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: dropTime})
	}))

	web := rt.For(runtime.Caller{Name: "web", Roles: []string{"frontend"}})
	if _, err := web.Get(ctx, "session/alice"); errors.Is(err, secret.ErrNotFound) {
		log.Info("no session yet", "error", err)
	}
	return rotate(ctx, web, log)
}

// rotate stores a token twice and logs the events that a watcher gets.
func rotate(ctx context.Context, web *runtime.Client, log *slog.Logger) error {
	steps := []string{"token-of-the-first-day", "token-of-the-second-day"}
	for event, err := range web.Watch(ctx) {
		if err != nil {
			return err
		}
		log.Info("event", "kind", event.Kind, "key", event.Key, "version", event.Version)
		if len(steps) == 0 {
			return nil
		}
		token, err := secret.FromString(steps[0])
		if err != nil {
			return err
		}
		if err := web.Set(ctx, "session/alice", token); err != nil {
			return err
		}
		// A careless line: it logs the value itself, which is masked.
		log.Info("stored", "secret", token, "careless", steps[0])
		token.Destroy()
		steps = steps[1:]
	}
	return nil
}

func dropTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
