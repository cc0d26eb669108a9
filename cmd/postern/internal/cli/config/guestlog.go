package config

import (
	"context"
	"log/slog"
	"sync"
)

// guestLog is a log handler that collects what modules log at the level info and above,
// which is masked and quoted, and passes all other records on.
type guestLog struct {
	slog.Handler

	mu    sync.Mutex
	texts []string // guarded by mu
}

// Enabled lets modules log at levels that the command's own log leaves out.
func (g *guestLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

// Handle keeps the text of a guest.
func (g *guestLog) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == "guest log" {
		r.Attrs(func(a slog.Attr) bool {
			if a.Key == "text" {
				g.mu.Lock()
				defer g.mu.Unlock()
				g.texts = append(g.texts, a.Value.String())
			}
			return true
		})
		return nil
	}
	if !g.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return g.Handler.Handle(ctx, r)
}

// take returns what was kept since the last call.
func (g *guestLog) take() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	texts := g.texts
	g.texts = nil
	return texts
}
