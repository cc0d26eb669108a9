package runtime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-project/postern/runtime/internal/slab"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/redact/mask"
	"github.com/postern-project/postern/runtime/secret"
)

// A Secret that a provider was lent, because its value was known, stays readable for all who
// have it, also if the value changes and changes back before the provider returns it.
func TestLentSecretsStayReadable(t *testing.T) {
	t.Parallel()
	owner := slab.NewOwner()
	r := newReleased(nil, owner, redact.Options{})
	defer r.close()
	at := place{"p", "k"}
	made := func(text string) Secret {
		cell, err := slab.New(owner, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return secret.FromCell(cell, secret.Meta{Provider: "p"})
	}
	ticket := uint64(0)
	admit := func(s Secret, began uint64) Secret {
		ticket++
		out, err := r.admit(t.Context(), at, s, redact.Mask{}, began, ticket)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	first := admit(made("value"), 1)
	lent, ok := r.find(at, []byte("value"), nil)
	if !ok || secret.CellOf(lent) != secret.CellOf(first) {
		t.Fatal("the value is not known")
	}
	if _, ok := r.find(at, []byte("value"), []byte("v2")); ok {
		t.Error("a value of another version is known")
	}
	other := admit(made("other"), 2)
	back := admit(made("value"), 3)
	if secret.CellOf(back) == secret.CellOf(first) {
		t.Fatal("the place still holds the first Secret")
	}
	returned := admit(lent, 2)
	for name, s := range map[string]Secret{"first": first, "lent": lent, "other": other, "back": back, "returned": returned} {
		if _, err := s.ExposeString(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Each mask of a value has a cell of its own, whether or not the provider was lent one: so
// a mask ends with those who got the value under it, and nothing is added to a cell that
// stays.
func TestEachMaskHasItsOwnCell(t *testing.T) {
	t.Parallel()
	owner := slab.NewOwner()
	r := newReleased(nil, owner, redact.Options{})
	defer r.close()
	at := place{"p", "k"}
	masks := []redact.Mask{{}, {Mode: mask.Last, Keep: 4}}
	by := map[*slab.Cell]redact.Mask{}
	for n := range 50 {
		s, ok := r.find(at, []byte("value-of-the-module"), nil)
		if !ok {
			cell, err := slab.New(owner, []byte("value-of-the-module"))
			if err != nil {
				t.Fatal(err)
			}
			s = secret.FromCell(cell, secret.Meta{Provider: "p"})
		}
		m := masks[n%2]
		out, err := r.admit(t.Context(), at, s, m, uint64(n+1), uint64(n+1))
		if err != nil {
			t.Fatal(err)
		}
		if before, twice := by[secret.CellOf(out)]; twice && before != m {
			t.Fatalf("round %d: one cell has two masks", n)
		}
		by[secret.CellOf(out)] = m
	}
}

// A value that a module returns under many keys is paid for by each: the Runtime holds a
// copy for each of them.
func TestTM004OneValueUnderManyKeysIsPaidForEach(t *testing.T) {
	t.Parallel()
	const size, most = 100_000, 4 << 20
	text := bytes.Repeat([]byte("long "), size/5)
	for _, before := range []bool{false, true} { // each key has returned another value before
		r := newReleased(nil, slab.NewOwner(), redact.Options{Now: time.Now})
		r.places.limit("p", most, time.Minute)
		ticket, admitted := uint64(0), 0
		admit := func(n int, text []byte) error {
			ticket++
			_, err := r.admitFrom(t, place{"p", Key(fmt.Sprint("k", n))}, text, ticket, ticket)
			return err
		}
		for n := range 2 * most / size {
			if before {
				if err := admit(n, fmt.Appendf(nil, "a small value %d", n%10)); err != nil {
					t.Fatal(err)
				}
			}
		}
		for ; admitted < 2*most/size; admitted++ {
			if err := admit(admitted, text); secret.CodeOf(err) == secret.ErrTooLarge {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if admitted < most/size/4 || admitted > most/size {
			t.Errorf("other values before: %v: %d copies of %d bytes are held, with a limit of %d bytes", before, admitted, size, most)
		}
		r.close()
	}
}

// admitFrom admits a value of the provider of a place.
func (r *released) admitFrom(t *testing.T, at place, text []byte, began, now uint64) (secret.Secret, error) {
	t.Helper()
	cell, err := slab.New(r.owner, text)
	if err != nil {
		t.Fatal(err)
	}
	return r.admit(t.Context(), at, secret.FromCell(cell, secret.Meta{Provider: at.provider}), redact.Mask{}, began, now)
}

// What the Runtime holds of a provider stays within its limit, also if the places were used
// before with small values, if requests for a key overlap, so that it holds several, and
// however long the provider goes on.
func TestTM004PlacesHoldNoMoreThanTheLimit(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	r := newReleased(nil, slab.NewOwner(), redact.Options{Now: func() time.Time { return now }})
	defer r.close()
	const most, keys = 1 << 20, 60
	r.places.limit("p", most, time.Minute)
	random := rand.New(rand.NewPCG(8, 8))
	ticket := uint64(0)
	for step, size := range []int{20, 20_000, 20_000} {
		for n := range keys {
			began := ticket
			for round := range 3 {
				text := fmt.Appendf(nil, "%d-%d-%d-", step, n, round)
				for len(text) < size {
					text = append(text, byte('a'+random.IntN(26)))
				}
				if ticket++; step < 2 {
					began = ticket
				}
				if _, err := r.admitFrom(t, place{"p", Key(fmt.Sprint("k", n))}, text, began, ticket); err != nil && secret.CodeOf(err) != secret.ErrTooLarge {
					t.Fatal(err)
				}
				now = now.Add(10 * time.Second) // so that the budget is never used up
				s := r.places.of("p")
				sum, largest := int64(0), int64(0)
				for _, places := range []map[place]*placed{s.recent, s.older} {
					for _, p := range places {
						sum, largest = sum+p.costs(), max(largest, p.costs())
					}
				}
				if sum > most+2*largest {
					t.Fatalf("size %d, round %d, key %d: %d bytes are held, with a limit of %d", size, round, n, sum, most)
				}
			}
		}
	}
}

// Requests that release one value at the same time pay for it once, at whichever look at the
// clock the one overtakes the other.
func TestRequestsPayForOneValueOnce(t *testing.T) {
	t.Parallel()
	const most = 1 << 20
	now, looks, meanwhile := time.Unix(1e9, 0), 0, func() {}
	r := newReleased(nil, slab.NewOwner(), redact.Options{Now: func() time.Time {
		if looks--; looks == 0 {
			meanwhile()
		}
		return now
	}})
	defer r.close()
	r.places.limit("p", most, time.Minute)
	admit := func(key Key) {
		if _, err := r.admitFrom(t, place{"p", key}, []byte("value of "+key), 1, 2); err != nil {
			t.Error(err)
		}
	}
	spent := func() int64 {
		b, n := r.places.of("p").budget, int64(0)
		for left := int64(most); left > 0; left /= 2 {
			for b.Spend(left, now) {
				n += left
			}
		}
		b.Refund(n)
		return most - n
	}
	admit("0")
	one, overtaken := spent(), 0
	for at := 1; at < 10; at++ {
		key := Key(strconv.Itoa(at))
		looks, meanwhile = at, func() { admit(key); overtaken++ }
		admit(key)
		if got := spent(); got != int64(at+1)*one {
			t.Fatalf("look %d: %d values of one length cost %d bytes, and one %d", at, at+1, got, one)
		}
	}
	if overtaken == 0 {
		t.Error("no request was faster than another")
	}
}

// The time that masking the values of one provider takes is not that of another one, and
// what is masked for a provider later is masked in what is left of its time.
func TestMaskingTimeIsThatOfOneProvider(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newReleased(nil, slab.NewOwner(), redact.Options{Now: time.Now})
		defer r.close()
		r.places.limit("slow", 1<<20, 3*time.Second)
		r.places.limit("honest", 1<<20, 3*time.Second)
		var m maskingTime
		defer m.end()
		left := func(provider string) (time.Duration, bool) {
			ctx := m.of(t.Context(), r, provider)
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				var e *secret.Error
				if !errors.As(context.Cause(ctx), &e) || e.Provider != provider || e.Code != secret.ErrTimeout {
					t.Errorf("the time of %s is over: %v", provider, context.Cause(ctx))
				}
				return 0, true
			}
			until, limited := ctx.Deadline()
			return time.Until(until), limited
		}
		for _, step := range []struct {
			provider string
			want     time.Duration
			limited  bool
		}{
			{"slow", 3 * time.Second, true}, {"slow", 2 * time.Second, true}, {"honest", 3 * time.Second, true},
			{"builtin", 0, false}, {"slow", time.Second, true}, {"slow", 0, true}, {"honest", 2 * time.Second, true}, {"slow", 0, true},
		} {
			got, limited := left(step.provider)
			if limited != step.limited || limited && got != step.want {
				t.Errorf("%s has %v, %v; want %v, %v", step.provider, got, limited, step.want, step.limited)
			}
			time.Sleep(time.Second)
		}
	})
}
