package app

import (
	"io"
	"log/slog"

	"github.com/lmittmann/tint"

	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/redact"
)

// logger builds the one logger of a command: for people on a terminal, JSON for
// machines elsewhere, unless the configuration says which. Values that the
// command itself handles are masked in it.
func (a *App) logger(c *config.Config) *slog.Logger {
	level := c.LogLevel
	if a.Quiet {
		level = max(level, slog.LevelError)
	}
	return slog.New(redact.NewHandler(a.Stderr, a.Values, func(w io.Writer) slog.Handler {
		return a.handler(w, level, c.LogFormat)
	}))
}

func (a *App) handler(w io.Writer, level slog.Level, format string) slog.Handler {
	options := &slog.HandlerOptions{Level: level}
	switch {
	case format == "json" || format == "" && !a.logToTTY:
		return slog.NewJSONHandler(w, options)
	case a.logToTTY:
		return tint.NewTextHandler(w, &tint.Options{Level: level, NoColor: a.Getenv("NO_COLOR") != ""})
	}
	return slog.NewTextHandler(w, options)
}
