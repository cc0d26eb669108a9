package chain_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/internal/chain"
	"github.com/postern-project/postern/runtime/secret"
)

// fake answers with one error, or with the values that it has.
type fake struct {
	err    error
	values map[secret.Key]string
	calls  int // of Get, GetMany, Set, Delete and Keys
}

func (f *fake) Get(_ context.Context, key secret.Key) (secret.Secret, error) {
	f.calls++
	if f.err != nil {
		return secret.Secret{}, f.err
	}
	v, ok := f.values[key]
	if !ok {
		return secret.Secret{}, secret.ErrNotFound
	}
	return secret.FromString(v)
}

func (f *fake) GetMany(ctx context.Context, keys []secret.Key) []secret.Result {
	results := make([]secret.Result, len(keys))
	for i, k := range keys {
		results[i].Key = k
		results[i].Secret, results[i].Err = f.Get(ctx, k)
	}
	return results
}

func (f *fake) Set(context.Context, secret.Key, secret.Secret) error {
	f.calls++
	return f.err
}

func (f *fake) Delete(context.Context, secret.Key) error {
	f.calls++
	return f.err
}

func (f *fake) Keys(context.Context, string) ([]secret.Key, error) {
	f.calls++
	if f.err != nil {
		return nil, f.err
	}
	var keys []secret.Key
	for k := range f.values {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys, nil
}

func (f *fake) Watch(context.Context) iter.Seq2[secret.Event, error] { return nil }

func link(name string, f *fake) chain.Link { return chain.Link{Name: name, Source: f} }

func build(links ...chain.Link) chain.Source { return chain.New(links, time.Now) }

func text(t *testing.T, s secret.Secret) string {
	t.Helper()
	v, err := s.ExposeString()
	if err != nil {
		t.Fatalf("ExposeString() = %v", err)
	}
	return v
}

// The rows of the table of codes: what a chain does after each.
func TestEveryCodeGoesOnOrStops(t *testing.T) {
	proceeds := []secret.Code{secret.ErrNotFound, secret.ErrNotConfigured}
	whenAllowed := []secret.Code{
		secret.ErrUnavailable, secret.ErrCircuitOpen, secret.ErrThrottled, secret.ErrTimeout, secret.ErrStale,
	}
	for _, code := range secret.Codes() {
		for _, allowed := range []bool{false, true} {
			first, second := &fake{err: code}, &fake{values: map[secret.Key]string{"k": "v"}}
			l := link("first", first)
			l.ContinueWhenUnavailable = allowed
			c := build(l, link("second", second))
			want := slices.Contains(proceeds, code) || allowed && slices.Contains(whenAllowed, code)

			v, err := c.Get(t.Context(), "k")
			if got := err == nil; got != want {
				t.Errorf("%s, continue %v: Get reached the second link: %v, want %v", code, allowed, got, want)
			}
			if !want && (!errors.Is(err, code) || second.calls != 0) {
				t.Errorf("%s, continue %v: Get = %v with %d calls of the second link", code, allowed, err, second.calls)
			}
			if degraded := slices.Contains(whenAllowed, code) && want; degraded != slices.Equal(v.Degraded(), []string{"first"}) {
				t.Errorf("%s, continue %v: Degraded = %v", code, allowed, v.Degraded())
			}
			many := c.GetMany(t.Context(), []secret.Key{"k"})
			if got := many[0].Err == nil; got != want {
				t.Errorf("%s, continue %v: GetMany reached the second link: %v, want %v", code, allowed, got, want)
			}
		}
	}
}

// Not found is said only when everybody who could know has answered.
func TestNotFoundIsAuthoritative(t *testing.T) {
	down := link("vault", &fake{err: secret.ErrUnavailable})
	down.ContinueWhenUnavailable = true
	_, err := build(down, link("env", &fake{})).Get(t.Context(), "k")
	if !errors.Is(err, secret.ErrUnavailable) || errors.Is(err, secret.ErrNotFound) {
		t.Errorf("Get with a skipped link = %v, want unavailable", err)
	}
	var e *secret.Error
	if errors.As(err, &e); e.Provider != "vault" || len(e.Attempts) != 2 {
		t.Errorf("Get with a skipped link = provider %q after %d attempts, want vault after 2", e.Provider, len(e.Attempts))
	}
	_, err = build(link("a", &fake{}), link("b", &fake{})).Get(t.Context(), "k")
	if !errors.Is(err, secret.ErrNotFound) {
		t.Errorf("Get of an absent key = %v, want not_found", err)
	}
}

// A later refusal is worth more than an earlier outage.
func TestStrongerErrorWins(t *testing.T) {
	down := link("vault", &fake{err: secret.ErrUnavailable})
	down.ContinueWhenUnavailable = true
	for _, code := range []secret.Code{secret.ErrIntegrity, secret.ErrDenied, secret.ErrForbidden, secret.ErrUnauthenticated, secret.ErrModuleProtocol} {
		_, err := build(down, link("b", &fake{err: code})).Get(t.Context(), "k")
		if !errors.Is(err, code) {
			t.Errorf("Get after an outage and %s = %v", code, err)
		}
	}
}

func TestChainWithoutApplicableLinksDoesNotLoad(t *testing.T) {
	for _, c := range []chain.Source{build(), build(link("a", &fake{err: secret.ErrNotConfigured}))} {
		if _, err := c.Get(t.Context(), "k"); !errors.Is(err, secret.ErrLoad) {
			t.Errorf("Get = %v, want load_failed", err)
		}
	}
}

func TestSetGoesToOneWriter(t *testing.T) {
	reader, writer, next := &fake{}, &fake{err: secret.ErrUnavailable}, &fake{}
	w, n := link("writer", writer), link("next", next)
	w.Writable, n.Writable, w.ContinueWhenUnavailable = true, true, true
	c := build(link("reader", reader), w, n)
	value, err := secret.FromString("v")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Set(t.Context(), "k", value); !errors.Is(err, secret.ErrUnavailable) {
		t.Errorf("Set = %v, want the writer's unavailable", err)
	}
	if reader.calls != 0 || writer.calls != 1 || next.calls != 0 {
		t.Errorf("Set asked reader %d, writer %d, next %d times; want 0, 1, 0", reader.calls, writer.calls, next.calls)
	}
	if err := build(link("reader", reader)).Delete(t.Context(), "k"); !errors.Is(err, secret.ErrReadOnly) {
		t.Errorf("Delete without a writer = %v, want read_only", err)
	}
}

func TestKeysIsTheUnion(t *testing.T) {
	a := &fake{values: map[secret.Key]string{"b": "", "a": ""}}
	b := &fake{values: map[secret.Key]string{"c": "", "a": ""}}
	mute, absent := &fake{err: secret.ErrUnsupported}, &fake{err: secret.ErrNotConfigured}
	keys, err := build(link("a", a), link("mute", mute), link("absent", absent), link("b", b)).Keys(t.Context(), "")
	if err != nil || !slices.Equal(keys, []secret.Key{"a", "b", "c"}) {
		t.Errorf("Keys = %v, %v; want [a b c]", keys, err)
	}
	down := link("down", &fake{err: secret.ErrUnavailable})
	down.ContinueWhenUnavailable = true
	if _, err := build(link("a", a), down).Keys(t.Context(), ""); !errors.Is(err, secret.ErrUnavailable) {
		t.Errorf("Keys with a failing link = %v, want unavailable: a short list reads as a complete one", err)
	}
	if _, err := build(link("mute", mute)).Keys(t.Context(), ""); !errors.Is(err, secret.ErrUnsupported) {
		t.Errorf("Keys of links that cannot list = %v, want unsupported", err)
	}
	if _, err := build(link("absent", absent)).Keys(t.Context(), ""); !errors.Is(err, secret.ErrLoad) {
		t.Errorf("Keys of links that do not apply = %v, want load_failed", err)
	}
}

// An error without a code counts as an outage, and its text is not repeated.
func TestForeignErrorsAreOutages(t *testing.T) {
	_, err := build(link("own", &fake{err: errors.New("dial secret.example: refused")})).Get(t.Context(), "k")
	if got, want := err.Error(), `get "k": provider "own": unavailable`; got != want {
		t.Errorf("Get = %q, want %q", got, want)
	}
}

// A caller that gave up is not told that a later link has no such key.
func TestCancelledCallerStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	down := link("down", &fake{err: secret.ErrTimeout})
	down.ContinueWhenUnavailable = true
	next := &fake{}
	if _, err := build(down, link("next", next)).Get(ctx, "k"); !errors.Is(err, secret.ErrTimeout) || next.calls != 0 {
		t.Errorf("Get under a finished context = %v with %d calls of the next link", err, next.calls)
	}
}

func TestGetManyAsksEachLinkOnceForOpenKeys(t *testing.T) {
	first := &fake{values: map[secret.Key]string{"a": "1"}}
	second := &fake{values: map[secret.Key]string{"b": "2"}}
	results := build(link("first", first), link("second", second)).GetMany(t.Context(), []secret.Key{"a", "b", "c"})
	if got := text(t, results[0].Secret); got != "1" || results[0].Secret.Provider() != "first" {
		t.Errorf("a = %q from %q, want 1 from first", got, results[0].Secret.Provider())
	}
	if got := text(t, results[1].Secret); got != "2" || results[1].Secret.Provider() != "second" {
		t.Errorf("b = %q from %q, want 2 from second", got, results[1].Secret.Provider())
	}
	if !errors.Is(results[2].Err, secret.ErrNotFound) {
		t.Errorf("c = %v, want not_found", results[2].Err)
	}
	if second.calls != 2 {
		t.Errorf("the second link was asked for %d keys, want 2: the first key was found before", second.calls)
	}
}

// TestMessagesOfWhatIsNotConfigured: what modules say about why they do not apply here is
// in the error of a chain that found nothing.
func TestMessagesOfWhatIsNotConfigured(t *testing.T) {
	t.Parallel()
	says := func(text string) *fake {
		return &fake{err: (&secret.Error{Code: secret.ErrNotConfigured}).WithGuestText(text)}
	}
	for name, tt := range map[string]struct {
		sources []chain.Source
		code    secret.Code
		want    string
	}{
		"one":                 {[]chain.Source{says("no token")}, secret.ErrLoad, "no token"},
		"two":                 {[]chain.Source{says("no token"), says("no file")}, secret.ErrLoad, "a: no token; b: no file"},
		"one of two":          {[]chain.Source{&fake{err: secret.ErrNotConfigured}, says("no file")}, secret.ErrLoad, "b: no file"},
		"before one without":  {[]chain.Source{says("no token"), &fake{err: secret.ErrNotFound}}, secret.ErrNotFound, "a: no token"},
		"nobody says a thing": {[]chain.Source{&fake{err: secret.ErrNotConfigured}}, secret.ErrLoad, ""},
	} {
		var links []chain.Link
		for i, s := range tt.sources {
			links = append(links, chain.Link{Name: string(rune('a' + i)), Source: s})
		}
		c := chain.New(links, time.Now)
		_, get := c.Get(t.Context(), "k")
		_, keys := c.Keys(t.Context(), "")
		for op, err := range map[string]error{"Get": get, "GetMany": c.GetMany(t.Context(), []secret.Key{"k"})[0].Err, "Keys": keys} {
			var e *secret.Error
			if !errors.As(err, &e) || e.Code != tt.code || e.GuestText() != tt.want {
				t.Errorf("%s, %s: %v with the message %q, want %s with %q", name, op, err, e.GuestText(), tt.code, tt.want)
			}
		}
	}
}
