package runtime_test

import (
	"context"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/secret"
)

// goStore is a provider written in Go: it keeps the Secrets that it hands out.
type goStore struct {
	mu      sync.Mutex
	values  map[secret.Key]secret.Secret
	getErr  error
	setErr  error
	keysErr error
	events  chan secret.Event // what Watch yields; nil for no watch
	asked   func(secret.Op)   // called by each operation but Watch, if set
	calls   int               // operations but Watch so far
}

func (s *goStore) ask(op secret.Op) {
	s.mu.Lock()
	s.calls++
	s.mu.Unlock()
	if s.asked != nil {
		s.asked(op)
	}
}

func (s *goStore) total() int { s.mu.Lock(); defer s.mu.Unlock(); return s.calls }

func newGoStore(t *testing.T, values map[secret.Key]string) *goStore {
	t.Helper()
	s := &goStore{values: map[secret.Key]secret.Secret{}}
	for k, v := range values {
		s.put(k, made(t, v))
	}
	return s
}

func (s *goStore) put(k secret.Key, v secret.Secret) { s.mu.Lock(); s.values[k] = v; s.mu.Unlock() }

func (s *goStore) Get(_ context.Context, k secret.Key) (secret.Secret, error) {
	s.ask(secret.OpGet)
	if s.getErr != nil {
		return secret.Secret{}, s.getErr
	}
	return s.peek(k)
}

// peek is Get without being counted.
func (s *goStore) peek(k secret.Key) (secret.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.values[k]
	if !ok {
		return secret.Secret{}, secret.ErrNotFound
	}
	return v, nil
}

func (s *goStore) Set(_ context.Context, k secret.Key, v secret.Secret) error {
	s.ask(secret.OpSet)
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

func (s *goStore) Delete(_ context.Context, k secret.Key) error {
	s.ask(secret.OpDelete)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.values[k]; !ok {
		return secret.ErrNotFound
	}
	delete(s.values, k)
	return nil
}

func (s *goStore) Keys(_ context.Context, prefix string) ([]secret.Key, error) {
	s.ask(secret.OpKeys)
	if s.keysErr != nil {
		return nil, s.keysErr
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var keys []secret.Key
	for k := range s.values {
		if strings.HasPrefix(string(k), prefix) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys, nil
}

func (s *goStore) Watch(ctx context.Context) iter.Seq2[secret.Event, error] {
	return func(yield func(secret.Event, error) bool) {
		if s.events == nil {
			yield(secret.Event{}, secret.ErrUnsupported)
			return
		}
		for {
			select {
			case e := <-s.events:
				if !yield(e, nil) {
					return
				}
			case <-ctx.Done():
				yield(secret.Event{}, ctx.Err())
				return
			}
		}
	}
}

// clock is a time that tests set forward.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *clock) add(d time.Duration) { c.mu.Lock(); c.now = c.now.Add(d); c.mu.Unlock() }
