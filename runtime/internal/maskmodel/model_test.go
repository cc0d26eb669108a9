package maskmodel_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

var modelSeed = flag.Uint64("model-seed", 1, "seed of TestMaskingFollowsHolders")

// TestMaskingFollowsHolders drives two runtimes over two providers and one
// registry at random and asks [holders] after each step what must be masked.
// It holds in both directions: a value that somebody can still expose is
// masked, and 10 minutes after the last holder the registry is empty.
func TestMaskingFollowsHolders(t *testing.T) {
	t.Parallel()
	steps := 100_000
	if testing.Short() {
		steps = 5_000
	}
	m := newModel(t, *modelSeed)
	for n := range steps {
		m.step()
		m.check(n)
		if n%500 == 499 {
			m.endEpisode(n)
		}
		if t.Failed() {
			t.Fatalf("after step %d of seed %d: %s", n, *modelSeed, strings.Join(m.trail, "; "))
		}
	}
}

// handle is a Secret that the test keeps.
type handle struct {
	id     handleID
	rt     int // -1 for one that the test made
	secret secret.Secret
}

// pending is a Get that has read the store and has not returned.
type pending struct {
	at     placeID
	value  string
	began  int
	held   chan struct{}
	result chan secret.Secret
}

// model is the system under test, the oracle and what connects them.
type model struct {
	t       *testing.T
	r       *rand.Rand
	clock   *clock
	oracle  *holders
	reg     *redact.Registry
	rts     [2]*runtime.Runtime
	stores  map[string]*stalling
	values  []string
	keys    []secret.Key
	handles []handle
	pending []pending
	next    int
	trail   []string
}

// stalling is a store whose next Get can be held once it has read.
type stalling struct {
	*store
	stall chan pending // holds one entry for each Get to hold
	read  chan struct{}
}

func (s *stalling) Get(ctx context.Context, k secret.Key) (secret.Secret, error) {
	v, err := s.store.Get(ctx, k)
	select {
	case p := <-s.stall:
		s.read <- struct{}{}
		<-p.held
	default:
	}
	return v, err
}

// byRole routes a caller to the provider that the caller's role names.
type byRole struct{}

func (byRole) Decide(q policy.Request) policy.Decision {
	d := policy.Decision{Allow: true, Code: policy.Allowed, Providers: []string{"a", "b"}}
	if len(q.Roles) == 1 {
		d.Providers, d.Chain = q.Roles, "role"
	}
	return d
}

func newModel(t *testing.T, seed uint64) *model {
	m := &model{t: t, r: rand.New(rand.NewPCG(seed, 0)), clock: newClock(), keys: []secret.Key{"k1", "k2", "k3"}, stores: map[string]*stalling{}}
	m.oracle = newHolders(m.clock.Now())
	m.reg = redact.New(redact.Options{Now: m.clock.Now})
	t.Cleanup(m.reg.Close)
	for i := range 16 {
		m.values = append(m.values, fmt.Sprintf("value-%d-%x", i, i*7919+40503))
	}
	for _, name := range []string{"a", "b"} {
		m.stores[name] = &stalling{newStore(), make(chan pending, 1), make(chan struct{})}
	}
	for i := range m.rts {
		m.open(i)
	}
	return m
}

func (m *model) open(i int) {
	var providers []runtime.ProviderOptions
	for _, name := range []string{"a", "b"} {
		providers = append(providers, runtime.ProviderOptions{Name: name, Provider: m.stores[name]})
	}
	rt, err := runtime.Open(context.Background(), runtime.Options{Providers: providers, Redactor: m.reg, Now: m.clock.Now, Policy: byRole{}})
	if err != nil {
		m.t.Fatal(err)
	}
	m.rts[i] = rt
}

func pickOne[T any](m *model, list []T) T { return list[m.r.IntN(len(list))] }

// place picks a runtime, a provider and a key, and a client that is routed there.
func (m *model) place() (placeID, *runtime.Client) {
	at := placeID{m.r.IntN(2), pickOne(m, []string{"a", "b"}), pickOne(m, m.keys)}
	rt := m.rts[at.rt]
	if m.r.IntN(2) == 0 {
		return at, rt.For(runtime.Caller{Roles: []string{at.provider}})
	}
	return at, m.at(rt, at.provider)
}

func (m *model) at(rt *runtime.Runtime, provider string) *runtime.Client {
	c, err := rt.For(runtime.Caller{}).At(provider)
	if err != nil {
		m.t.Fatal(err)
	}
	return c
}

func (m *model) note(format string, args ...any) {
	m.trail = append(m.trail, fmt.Sprintf(format, args...))
	if len(m.trail) > 60 {
		m.trail = m.trail[1:]
	}
}

func (m *model) step() {
	if m.r.IntN(250) == 0 {
		m.collect()
	}
	switch n := m.r.IntN(100); {
	case n < 30:
		m.get()
	case n < 42:
		m.set()
	case n < 47:
		m.delete()
	case n < 56:
		at, v := pickOne(m, []string{"a", "b"}), pickOne(m, m.values)
		k := pickOne(m, m.keys)
		m.note("rotate %s of %s to %s", k, at, v)
		m.stores[at].put(k, madeSecret(m.t, v))
	case n < 72:
		m.endHandle()
	case n < 75:
		m.register()
	case n < 80:
		m.beginSlow()
	case n < 85:
		m.finishSlow()
	case n < 98:
		m.pass(pickOne(m, []time.Duration{time.Second, time.Minute, 4 * time.Minute, 10 * time.Minute, 11 * time.Minute}))
	default:
		i := m.r.IntN(2)
		m.close(i)
		m.open(i)
	}
}

// collect lets go of what is unreachable, at the latest some steps later.
func (m *model) collect() {
	m.note("collect")
	goruntime.GC()
	goruntime.Gosched()
}

func (m *model) pass(d time.Duration) {
	m.note("clock +%s", d)
	m.clock.add(d)
	m.oracle.now = m.clock.Now()
}

func (m *model) get() {
	at, c := m.place()
	began := m.oracle.begin()
	v, err := c.Get(context.Background(), at.key)
	m.got(at, began, v, err)
}

// got records in the oracle what a Get returned, and keeps the Secret or drops it.
func (m *model) got(at placeID, began int, v secret.Secret, err error) {
	if errors.Is(err, secret.ErrNotFound) {
		m.note("get %v: nothing", at)
		m.oracle.forget(at, began)
		return
	}
	if err != nil {
		m.t.Fatalf("Get(%v) = %v", at, err)
	}
	text := plainText(m.t, v)
	m.note("get %v: %s", at, text)
	m.oracle.released(at, text, began)
	if m.r.IntN(4) == 0 {
		m.keep(at.rt, v, text)
	}
}

func (m *model) keep(rt int, v secret.Secret, text string) {
	m.next++
	id := handleID{m.next}
	m.handles = append(m.handles, handle{id, rt, v})
	m.oracle.hold(id, text)
}

func (m *model) set() {
	at, c := m.place()
	text := pickOne(m, m.values)
	v := madeSecret(m.t, text)
	s := m.stores[at.provider]
	if m.r.IntN(3) == 0 {
		s.setErr = secret.ErrUnavailable
	}
	began := m.oracle.begin()
	err := c.Set(context.Background(), at.key, v)
	m.note("set %v to %s: %v", at, text, err)
	if (err == nil) != (s.setErr == nil) {
		m.t.Fatalf("Set(%v) = %v, the store said %v", at, err, s.setErr)
	}
	s.setErr = nil
	m.keep(-1, v, text) // the test's own Secret can be exposed until it is destroyed
	if m.r.IntN(2) == 0 {
		v.Destroy()
		m.handles = m.handles[:len(m.handles)-1]
		m.oracle.letGo(handleID{m.next})
	}
	if err == nil {
		m.oracle.released(at, text, began)
	} else {
		m.oracle.ended[text] = m.oracle.now
	}
}

func (m *model) delete() {
	at, c := m.place()
	began := m.oracle.begin()
	err := c.Delete(context.Background(), at.key)
	m.note("delete %v: %v", at, err)
	if err == nil || secret.CodeOf(err) == secret.ErrNotFound { // the provider no longer has it
		m.oracle.forget(at, began)
	}
}

// endHandle destroys a Secret. One that a runtime made is only forgotten.
func (m *model) endHandle() {
	if len(m.handles) == 0 {
		return
	}
	i := m.r.IntN(len(m.handles))
	h := m.handles[i]
	h.secret.Destroy()
	m.note("destroy handle %d of runtime %d", h.id.n, h.rt)
	if h.rt >= 0 && m.r.IntN(2) == 0 {
		return // a Secret of a runtime can be exposed after Destroy
	}
	m.handles = append(m.handles[:i], m.handles[i+1:]...)
	if h.rt >= 0 {
		m.oracle.drop(h.id)
	} else {
		m.oracle.letGo(h.id)
	}
}

// register adds two handles on equal bytes to the registry, and ends the first.
func (m *model) register() {
	text := pickOne(m, m.values)
	first, second := madeSecret(m.t, text), madeSecret(m.t, text)
	one, two := registrationID{"own/1"}, registrationID{"own/2"}
	for id, v := range m.oracle.live {
		if id == one || id == two {
			own := madeSecret(m.t, v)
			m.reg.Retire(id.(registrationID).key, own)
			m.oracle.letGo(id)
			own.Destroy()
		}
	}
	for key, v := range map[string]secret.Secret{one.key: first, two.key: second} {
		if err := m.reg.Add(key, v); err != nil {
			m.t.Fatal(err)
		}
	}
	m.reg.Retire(one.key, first)
	first.Destroy()
	m.oracle.hold(one, text)
	m.oracle.letGo(one)
	m.oracle.hold(two, text)
	m.note("register %s twice, end one", text)
	m.handles = append(m.handles, handle{handleID{-1}, -1, second})
}

func (m *model) beginSlow() {
	at, c := m.place()
	v, err := m.stores[at.provider].store.Get(context.Background(), at.key)
	if err != nil || len(m.pending) == 3 {
		return
	}
	p := pending{at, plainText(m.t, v), m.oracle.begin(), make(chan struct{}), make(chan secret.Secret, 1)}
	m.note("slow get %v begins with %s", at, p.value)
	m.stores[at.provider].stall <- p
	go func() {
		v, err := c.Get(context.Background(), at.key)
		if err != nil {
			m.t.Errorf("Get(%v) = %v", at, err)
		}
		p.result <- v
	}()
	<-m.stores[at.provider].read
	m.pending = append(m.pending, p)
}

func (m *model) finishSlow() {
	if len(m.pending) > 0 {
		m.finish(m.r.IntN(len(m.pending)))
		if m.r.IntN(8) == 0 { // so that a value that was let go too early shows
			m.collect()
			m.pass(11 * time.Minute)
		}
	}
}

func (m *model) finish(i int) {
	p := m.pending[i]
	m.pending = append(m.pending[:i], m.pending[i+1:]...)
	close(p.held)
	m.note("slow get ends")
	m.got(p.at, p.began, <-p.result, nil)
}

// close ends one runtime and what it handed out.
func (m *model) close(rt int) {
	for i := len(m.pending) - 1; i >= 0; i-- {
		if m.pending[i].at.rt == rt {
			m.finish(i)
		}
	}
	if err := m.rts[rt].Close(); err != nil {
		m.t.Fatal(err)
	}
	m.note("close %d", rt)
	var ended []handleID
	kept := m.handles[:0]
	for _, h := range m.handles {
		if h.rt != rt {
			kept = append(kept, h)
			continue
		}
		if _, err := h.secret.ExposeString(); !errors.Is(err, secret.ErrClosed) {
			m.t.Errorf("a value of a closed runtime = %v, want closed", err)
		}
		ended = append(ended, h.id)
	}
	m.handles = kept
	m.oracle.closed(rt, ended)
}

// check compares the registry with the oracle.
func (m *model) check(step int) {
	m.reg.Len() // lets go of what has expired
	shown := m.reg.String(strings.Join(m.values, " "))
	for _, v := range m.values {
		passes := strings.Contains(shown, v)
		if passes && m.oracle.mustMask(v) {
			m.t.Errorf("step %d: %s passes although it is held", step, v)
		}
		if !passes && m.oracle.mustPass(v) {
			m.t.Errorf("step %d: %s is masked although nobody has held it for 10 minutes", step, v)
		}
	}
}

// endEpisode lets everybody let go, in one of two ways, and wants an empty
// registry 10 minutes later.
func (m *model) endEpisode(step int) {
	for len(m.pending) > 0 {
		m.finish(0)
	}
	for id, v := range m.oracle.live {
		if r, ok := id.(registrationID); ok {
			m.reg.Retire(r.key, madeSecret(m.t, v))
		}
	}
	for _, h := range m.handles {
		h.secret.Destroy()
	}
	byClose := m.r.IntN(2) == 0
	if byClose {
		for i := range m.rts {
			m.close(i)
		}
	} else {
		m.forgetAll()
	}
	m.handles = nil
	m.clock.add(oracleGrace)
	for tries := 0; m.reg.Len() > 0; tries++ {
		// A value that the collector is about to free while Close does the rest is
		// let go a moment later, and so masked for a grace longer.
		if byClose && tries == 3 || tries == 50 {
			m.t.Fatalf("step %d: %d values are registered 10 minutes after the last holder let go (by Close: %v)", step, m.reg.Len(), byClose)
		}
		goruntime.GC() // its cleanups run in goroutines: give them turns
		goruntime.Gosched()
		m.clock.add(oracleGrace)
	}
	if byClose {
		for i := range m.rts {
			m.open(i)
		}
	}
	ticket := m.oracle.ticket
	m.oracle = newHolders(m.clock.Now())
	m.oracle.ticket = ticket
}

// forgetAll lets both runtimes see that the stores are empty.
func (m *model) forgetAll() {
	for name, s := range m.stores {
		for _, k := range m.keys {
			_ = s.Delete(context.Background(), k)
			for i, rt := range m.rts {
				if _, err := m.at(rt, name).Get(context.Background(), k); !errors.Is(err, secret.ErrNotFound) {
					m.t.Errorf("Get of runtime %d = %v, want not_found", i, err)
				}
				m.oracle.begin()
			}
		}
	}
}
