package secrettest_test

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/secret/secrettest"
)

const (
	maxValue = 1 << 20
	maxKeys  = 2000
)

// memory is a provider that keeps every rule.
type memory struct {
	caps

	mu      sync.Mutex
	values  map[secret.Key]entry         // guarded by mu
	version int                          // guarded by mu: of the last Set
	watches map[*subscription]struct{}   // guarded by mu
	block   func(ctx context.Context)    // guarded by mu: called by the next Get
	closed  bool                         // guarded by mu
	done    chan struct{}                // closed by Close
	onEvent func(*secret.Event, *memory) // a fault's hook: changes events
	first   func(*subscription)          // a fault's hook: changes the start of a watch
}

// caps are the limits of one memory, 0 for none.
type caps struct{ maxValue, maxKeys int }

type entry struct {
	text    string
	version string
}

// subscription holds the events that one watch has not read yet.
type subscription struct {
	mu     sync.Mutex
	seq    uint64         // guarded by mu
	events []secret.Event // guarded by mu
	wake   chan struct{}  // of capacity 1: signals that there are events
}

var _ secret.Provider = (*memory)(nil)

func newMemory(seed map[secret.Key][]byte, c caps) *memory {
	m := &memory{caps: c, values: map[secret.Key]entry{}, watches: map[*subscription]struct{}{}, done: make(chan struct{})}
	for key, value := range seed {
		m.values[key] = entry{string(value), "0"}
	}
	return m
}

// fail returns an error of the memory.
func fail(op secret.Op, key secret.Key, err error) error {
	return (&secret.Error{Code: secret.CodeOf(err), Op: op, Key: key, Provider: "memory"}).Wrap(err)
}

// check returns why a call must fail, nil if it need not; mu is held.
func (m *memory) check(ctx context.Context) error {
	if m.closed {
		return secret.ErrClosed
	}
	return ctx.Err()
}

func (m *memory) Get(ctx context.Context, key secret.Key) (secret.Secret, error) {
	m.mu.Lock()
	block := m.block
	m.block = nil
	m.mu.Unlock()
	if block != nil {
		block(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.check(ctx); err != nil {
		return secret.Secret{}, fail(secret.OpGet, key, err)
	}
	e, ok := m.values[key]
	if !ok {
		return secret.Secret{}, fail(secret.OpGet, key, secret.ErrNotFound)
	}
	if m.maxValue > 0 && len(e.text) > m.maxValue {
		return secret.Secret{}, fail(secret.OpGet, key, secret.ErrTooLarge)
	}
	s, err := secret.FromString(e.text)
	return s.WithMeta(secret.Meta{Version: e.version, Provider: "memory"}), err
}

func (m *memory) Set(ctx context.Context, key secret.Key, value secret.Secret) error {
	text, err := value.ExposeString()
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.check(ctx); err != nil {
		return fail(secret.OpSet, key, err)
	}
	if m.maxValue > 0 && len(text) > m.maxValue {
		return fail(secret.OpSet, key, secret.ErrTooLarge)
	}
	m.put(key, text)
	return nil
}

// put stores a value and publishes the event; mu is held.
func (m *memory) put(key secret.Key, text string) {
	kind := secret.EventAdded
	before, replaced := m.values[key]
	if replaced {
		kind = secret.EventRotated
	}
	m.version++
	m.values[key] = entry{text, strconv.Itoa(m.version)}
	m.publish(secret.Event{Kind: kind, Key: key, Version: strconv.Itoa(m.version), Prev: before.version})
}

func (m *memory) Delete(ctx context.Context, key secret.Key) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.check(ctx); err != nil {
		return fail(secret.OpDelete, key, err)
	}
	e, ok := m.values[key]
	if !ok {
		return fail(secret.OpDelete, key, secret.ErrNotFound)
	}
	delete(m.values, key)
	m.publish(secret.Event{Kind: secret.EventRemoved, Key: key, Prev: e.version})
	return nil
}

func (m *memory) Keys(ctx context.Context, prefix string) ([]secret.Key, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.check(ctx); err != nil {
		return nil, fail(secret.OpKeys, "", err)
	}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(m.values)), func(k secret.Key) bool {
		return !strings.HasPrefix(string(k), prefix)
	})
	if m.maxKeys > 0 && len(names) > m.maxKeys {
		return nil, fail(secret.OpKeys, "", secret.ErrTooLarge)
	}
	return names, nil
}

// publish passes the event to every watch without waiting; mu is held.
func (m *memory) publish(ev secret.Event) {
	ev.Provider, ev.At = "memory", time.Unix(0, 0)
	if m.onEvent != nil {
		m.onEvent(&ev, m)
	}
	for s := range m.watches {
		s.add(ev)
	}
}

func (s *subscription) add(ev secret.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	ev.Seq = s.seq
	s.events = append(s.events, ev)
	select {
	case s.wake <- struct{}{}:
	default: // a signal is waiting already
	}
}

func (s *subscription) take() []secret.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	events := s.events
	s.events = nil
	return events
}

func (m *memory) Watch(ctx context.Context) iter.Seq2[secret.Event, error] {
	return func(yield func(secret.Event, error) bool) {
		s := &subscription{wake: make(chan struct{}, 1)}
		s.add(secret.Event{Kind: secret.EventResync})
		if m.first != nil {
			m.first(s)
		}
		m.mu.Lock()
		m.watches[s] = struct{}{}
		m.mu.Unlock()
		defer m.end(s)
		for {
			select {
			case <-ctx.Done():
				yield(secret.Event{}, fail(secret.OpWatch, "", ctx.Err()))
				return
			case <-m.done:
				yield(secret.Event{}, fail(secret.OpWatch, "", secret.ErrClosed))
				return
			case <-s.wake:
			}
			for _, ev := range s.take() {
				if !yield(ev, nil) {
					return
				}
			}
		}
	}
}

func (m *memory) end(s *subscription) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.watches, s)
}

// hold makes the next Get wait.
func (m *memory) hold() (<-chan struct{}, func()) {
	entered, released := make(chan struct{}), make(chan struct{})
	m.mu.Lock()
	defer m.mu.Unlock()
	m.block = func(ctx context.Context) {
		close(entered)
		select {
		case <-ctx.Done():
		case <-released:
		}
	}
	return entered, sync.OnceFunc(func() { close(released) })
}

func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return fmt.Errorf("closed twice")
	}
	m.closed = true
	close(m.done)
	return nil
}

// harness returns the harness of p, a provider that wraps m.
func harness(p secret.Provider, m *memory) *secrettest.Harness {
	return &secrettest.Harness{Provider: p, Block: m.hold, Close: m.Close}
}

// full opens memories that offer every operation.
func full() secrettest.Factory {
	return secrettest.Factory{
		Open: func(_ context.Context, seed map[secret.Key][]byte) (*secrettest.Harness, error) {
			m := newMemory(seed, caps{maxValue, maxKeys})
			return harness(m, m), nil
		},
		Writable: true, Deletable: true, Listable: true, Watchable: true,
		MaxValue: maxValue, MaxKeys: maxKeys,
	}
}

// getter offers Get only.
type getter struct{ *memory }

func (g getter) Set(_ context.Context, key secret.Key, _ secret.Secret) error {
	return fail(secret.OpSet, key, secret.ErrReadOnly)
}

func (g getter) Delete(_ context.Context, key secret.Key) error {
	return fail(secret.OpDelete, key, secret.ErrUnsupported)
}

func (g getter) Keys(context.Context, string) ([]secret.Key, error) {
	return nil, fail(secret.OpKeys, "", secret.ErrUnsupported)
}

func (g getter) Watch(context.Context) iter.Seq2[secret.Event, error] {
	return func(yield func(secret.Event, error) bool) {
		yield(secret.Event{}, fail(secret.OpWatch, "", secret.ErrUnsupported))
	}
}

// bare opens memories that offer Get only.
func bare() secrettest.Factory {
	return secrettest.Factory{Open: func(_ context.Context, seed map[secret.Key][]byte) (*secrettest.Harness, error) {
		m := newMemory(seed, caps{})
		return harness(getter{m}, m), nil
	}}
}
