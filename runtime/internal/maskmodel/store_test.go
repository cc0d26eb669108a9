package maskmodel_test

import (
	"context"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/secret"
)

// store is a provider written in Go: it keeps the Secrets that it hands out.
type store struct {
	mu     sync.Mutex
	values map[secret.Key]secret.Secret
	setErr error
}

func newStore() *store { return &store{values: map[secret.Key]secret.Secret{}} }

func (s *store) put(k secret.Key, v secret.Secret) { s.mu.Lock(); s.values[k] = v; s.mu.Unlock() }

func (s *store) Get(_ context.Context, k secret.Key) (secret.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.values[k]
	if !ok {
		return secret.Secret{}, secret.ErrNotFound
	}
	return v, nil
}

func (s *store) Set(_ context.Context, k secret.Key, v secret.Secret) error {
	if s.setErr != nil {
		return s.setErr
	}
	text, err := v.ExposeString()
	if err != nil {
		return err
	}
	own, err := secret.FromString(text)
	if err == nil {
		s.put(k, own)
	}
	return err
}

func (s *store) Delete(_ context.Context, k secret.Key) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.values[k]; !ok {
		return secret.ErrNotFound
	}
	delete(s.values, k)
	return nil
}

func (s *store) Keys(context.Context, string) ([]secret.Key, error) {
	return nil, secret.ErrUnsupported
}

func (s *store) Watch(context.Context) iter.Seq2[secret.Event, error] {
	return func(yield func(secret.Event, error) bool) { yield(secret.Event{}, secret.ErrUnsupported) }
}

// clock is a time that the test sets forward.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *clock) add(d time.Duration) { c.mu.Lock(); c.now = c.now.Add(d); c.mu.Unlock() }

func madeSecret(t *testing.T, text string) secret.Secret {
	t.Helper()
	s, err := secret.FromString(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func plainText(t *testing.T, s secret.Secret) string {
	t.Helper()
	text, err := s.ExposeString()
	if err != nil {
		t.Fatalf("ExposeString() = %v", err)
	}
	return text
}
