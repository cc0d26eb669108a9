package guesttest

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
)

// Records is a log that keeps its lines as JSON. Its zero value is ready for use.
type Records struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write appends one line.
func (r *Records) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.Write(b)
}

// Logger returns a logger that writes to r from the level info on.
func (r *Records) Logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(r, &slog.HandlerOptions{Level: slog.LevelInfo}))
}

// Count returns how many lines contain word.
func (r *Records) Count(word string) (n int) {
	for line := range strings.Lines(r.String()) {
		if strings.Contains(line, word) {
			n++
		}
	}
	return n
}

// Record is one line.
type Record struct {
	Level, Msg, Provider, Text string
	Dropped                    int
}

// All returns all lines.
func (r *Records) All(t testing.TB) []Record {
	t.Helper()
	var out []Record
	for line := range strings.Lines(r.String()) {
		var rec Record
		if err := json.Unmarshal([]byte(line), &rec); err != nil {
			t.Fatalf("log line %q: %v", line, err)
		}
		out = append(out, rec)
	}
	return out
}

// String returns all lines as text.
func (r *Records) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.String()
}
