package app

import (
	"context"
	"io"
	"log/slog"

	"github.com/lmittmann/tint"

	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/redact"
)

// Logger returns the logger of a command. It is text unless the configuration asks
// for JSON, in which errors and warnings are then printed too. Values that the command
// handles are masked in it.
func (a *App) Logger(c *config.Config) *slog.Logger {
	level := c.LogLevel
	if a.Quiet {
		level = max(level, slog.LevelError)
	}
	return slog.New(redact.NewHandler(a.Stderr, a.Values, func(w io.Writer) slog.Handler {
		return withoutUnpinned{a.handler(w, level, c.LogFormat)}
	}))
}

func (a *App) handler(w io.Writer, level slog.Level, format string) slog.Handler {
	options := &slog.HandlerOptions{Level: level}
	switch {
	case format == "json":
		return slog.NewJSONHandler(w, options)
	case a.logToTTY:
		return tint.NewTextHandler(w, &tint.Options{Level: level, NoColor: a.Getenv("NO_COLOR") != ""})
	}
	return slog.NewTextHandler(w, options)
}

// withoutUnpinned drops the runtime's record about a module without a pin:
// [App.AllowUnpinned] has printed a warning by then, which no log level and not
// even --quiet suppresses.
type withoutUnpinned struct{ slog.Handler }

func (h withoutUnpinned) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == "the module is not pinned" {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

func (h withoutUnpinned) WithAttrs(attrs []slog.Attr) slog.Handler {
	return withoutUnpinned{h.Handler.WithAttrs(attrs)}
}

func (h withoutUnpinned) WithGroup(name string) slog.Handler {
	return withoutUnpinned{h.Handler.WithGroup(name)}
}
