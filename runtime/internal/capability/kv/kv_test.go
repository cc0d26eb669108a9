package kv_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
	"github.com/postern-project/postern/runtime/internal/slab"
)

const (
	kvGet, kvPut     = "postern_kv_v1.get", "postern_kv_v1.put"
	kvDelete, kvList = "postern_kv_v1.delete", "postern_kv_v1.list"
)

func TestKV(t *testing.T) {
	t.Parallel()
	g := guesttest.New(t, capability.Options{}, all.Grants{})
	if _, status := g.Ask(kvGet, "token"); status != abi.NotFound {
		t.Errorf("get of a missing key = %v", status)
	}
	for key, value := range map[string]string{"token": "abc", "lease/1": "", "lease/\x00\xff": "bytes \x00"} {
		if status := g.Send(kvPut, key, value); status != abi.OK {
			t.Errorf("put(%q) = %v", key, status)
		}
		if got, status := g.Ask(kvGet, key); got != value || status != abi.OK {
			t.Errorf("get(%q) = %q, %v, want %q", key, got, status, value)
		}
	}
	g.Send(kvPut, "token", "longer than before")
	g.Call.End()
	g.Begin(t.Context()) // values survive the call
	if got, _ := g.Ask(kvGet, "token"); got != "longer than before" {
		t.Errorf("get after a second put = %q", got)
	}
	for prefix, want := range map[string][]string{
		"":                        {"lease/\x00\xff", "lease/1", "token"},
		"lease/":                  {"lease/\x00\xff", "lease/1"},
		"x":                       nil,
		strings.Repeat("k", 2000): nil,
	} {
		list, status := g.Ask(kvList, prefix)
		if got := guesttest.Fields(t, list, abi.TagKey); status != abi.OK || !slices.Equal(got, want) {
			t.Errorf("list(%.20q) = %q, %v, want %q", prefix, got, status, want)
		}
	}
	if first, second := g.Name(kvDelete, "token"), g.Name(kvDelete, "token"); first != abi.OK || second != abi.NotFound {
		t.Errorf("delete twice = %v, %v", first, second)
	}
	for _, key := range []string{"", strings.Repeat("k", 513)} {
		_, get := g.Ask(kvGet, key)
		if put, del := g.Send(kvPut, key, "v"), g.Name(kvDelete, key); get != abi.InvalidKey || put != abi.InvalidKey || del != abi.InvalidKey {
			t.Errorf("a key of %d bytes: get %v, put %v, delete %v", len(key), get, put, del)
		}
	}
}

func TestKVIsBounded(t *testing.T) {
	t.Parallel()
	g := guesttest.New(t, capability.Options{MaxStore: 10_000, MaxKeys: 20}, all.Grants{})
	if status := g.Send(kvPut, "big", strings.Repeat("x", 10_000)); status != abi.TooLarge {
		t.Errorf("put above the limit = %v, want %v", status, abi.TooLarge)
	}
	stored := 0
	for i := range 10_000 {
		if g.Send(kvPut, fmt.Sprint(i), "") == abi.OK {
			stored++
		}
	}
	if stored == 0 || stored > 40 {
		t.Errorf("%d empty values within 10,000 bytes, want 1 to 40", stored)
	}
	if _, status := g.Ask(kvList, ""); status != abi.TooLarge {
		t.Errorf("list above its limit = %v, want %v", status, abi.TooLarge)
	}
	// Removing and replacing values frees their bytes.
	for i := range stored {
		g.Name(kvDelete, fmt.Sprint(i))
	}
	for i := range 1000 {
		if status := g.Send(kvPut, "same", strings.Repeat("x", 4000+i)); status != abi.OK {
			t.Fatalf("put %d in place of another = %v", i, status)
		}
	}
}

func TestKVBelongsToOneSetAndIsWipedAtClose(t *testing.T) {
	before := slab.Stat()
	a, b := guesttest.New(t, capability.Options{}, all.Grants{}), guesttest.New(t, capability.Options{}, all.Grants{})
	for i := range 10 {
		a.Send(kvPut, fmt.Sprint(i), "of a")
	}
	if _, status := b.Ask(kvGet, "1"); status != abi.NotFound {
		t.Errorf("another provider's get = %v, want %v", status, abi.NotFound)
	}
	if a, b := a.Set.Kept(), b.Set.Kept(); a.Values != 10 || a.Locked+a.Unlocked < 64<<10 || b != (capability.Kept{}) {
		t.Errorf("one provider keeps %+v, want 10 values; the other one %+v, want none", a, b)
	}
	if after := slab.Stat(); after.Locked+after.Unlocked > before.Locked+before.Unlocked {
		t.Errorf("kv takes memory of values: %+v became %+v", before, after)
	}
	a.Set.Close()
	a.Set.Close()
	if got := a.Set.Kept(); got != (capability.Kept{}) {
		t.Errorf("%+v is left after Close, want nothing", got)
	}
	if _, status := a.Ask(kvGet, "1"); status != abi.NotFound {
		t.Errorf("get after Close = %v", status)
	}
	if status := a.Send(kvPut, "1", "x"); status != abi.Unavailable {
		t.Errorf("put after Close = %v, want %v", status, abi.Unavailable)
	}
}

func TestKVIsSharedByInstances(t *testing.T) {
	t.Parallel()
	set := guesttest.Open(t, capability.Options{}, all.Grants{})
	var wg sync.WaitGroup
	for w := range 4 {
		g := guesttest.Instantiate(t, set, abi.ModuleCore, abi.ModuleKV)
		wg.Go(func() {
			for i := range 300 {
				value := strings.Repeat(string(rune('a'+w)), 1+i)
				if status := g.Send(kvPut, "shared", value); status != abi.OK {
					t.Errorf("put = %v", status)
				}
				got, status := g.Ask(kvGet, "shared")
				if status != abi.OK || strings.Trim(got, got[:1]) != "" {
					t.Errorf("get = %.40q, %v: a value of two writers", got, status)
				}
			}
		})
	}
	wg.Wait()
}

// A module that stores and removes values of all sizes takes no more memory than a
// filled store may need, whatever it leaves.
func TestKVMemoryIsBounded(t *testing.T) {
	t.Parallel()
	const limit = 256 << 10
	const most = 2*limit + slab.MaxSpare
	g := guesttest.New(t, capability.Options{MaxStore: limit}, all.Grants{})
	for size := 1; size <= limit/4; size *= 2 {
		// One over a power of two is the worst size.
		stored := 0
		for g.Send(kvPut, fmt.Sprint(size, "/", stored), strings.Repeat("x", size+1)) == abi.OK {
			stored++
		}
		if got := g.Set.Kept(); got.Values < stored || got.Locked+got.Unlocked > most {
			t.Errorf("values of %d bytes: %+v, want at most %d bytes", size+1, got, most)
		}
		for i := 1; i < stored; i++ { // the first one stays
			g.Name(kvDelete, fmt.Sprint(size, "/", i))
		}
	}
}

// Whatever its sizes are, a store that only grows holds what its limit says.
func TestKVHoldsItsLimit(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	for _, sizes := range [][]int{{0}, {33}, {1025}, {16_385}, {32_769}, {200_000}, {1, 16_385, 65, 129, 40_000, 513, 2049, 8193}} {
		g := guesttest.New(t, capability.Options{MaxStore: limit}, all.Grants{})
		charged := 0
		for i := 0; ; i++ {
			key, size := fmt.Sprint(i), sizes[i%len(sizes)]
			if charged += len(key) + size + 256; charged > limit {
				break
			}
			if status := g.Send(kvPut, key, strings.Repeat("x", size)); status != abi.OK {
				t.Fatalf("values of %v bytes: put %d, with %d bytes charged of %d, = %v", sizes, i, charged, limit, status)
			}
		}
	}
}

// meter is the account of a call, which calls f whenever the call pays.
type meter struct {
	context.Context
	f func()
}

func (m meter) Spend(int64) { m.f() }
func (m meter) Look()       {}

// Whenever a call pays, others may run, whatever the sizes are: no lock of the store is
// held, and what others store and remove meanwhile breaks nothing.
func TestTM009OthersUseTheStoreWhileACallPays(t *testing.T) {
	t.Parallel()
	set := guesttest.Open(t, capability.Options{MaxStore: 4 << 20}, all.Grants{})
	g, other := guesttest.Instantiate(t, set, abi.ModuleCore, abi.ModuleKV), guesttest.Instantiate(t, set, abi.ModuleCore, abi.ModuleKV)
	turns, busy := 0, false
	g.Begin(meter{t.Context(), func() {
		if busy {
			return
		}
		busy = true
		defer func() { busy = false }()
		turns++
		name := fmt.Sprint("other", turns%50)
		if status := other.Send(kvPut, name, "small"); status != abi.OK {
			t.Errorf("put of another call = %v", status)
		}
		other.Ask(kvGet, "large")
		other.Ask(kvList, "")
		other.Name(kvDelete, fmt.Sprint("other", (turns+25)%50))
	}})
	for i := range 2_000 {
		g.Send(kvPut, fmt.Sprint("key", i), "")
	}
	before := turns
	value := strings.Repeat("v", 900<<10)
	for range 3 {
		if status := g.Send(kvPut, "large", value); status != abi.OK {
			t.Fatalf("put = %v", status)
		}
		if got, status := g.Ask(kvGet, "large"); status != abi.OK || got != value {
			t.Fatalf("get = %d bytes, %v", len(got), status)
		}
	}
	list, status := g.Ask(kvList, "key")
	if got := guesttest.Fields(t, list, abi.TagKey); status != abi.OK || len(got) != 2_000 {
		t.Errorf("list = %d keys, %v, want 2000", len(got), status)
	}
	if turns-before < 20 {
		t.Errorf("others had %d turns during large calls, want at least 20", turns-before)
	}
}

// untilItWaits is a context that is over as soon as somebody waits for its end.
type untilItWaits struct {
	context.Context
	cancel context.CancelFunc
}

func (u untilItWaits) Done() <-chan struct{} {
	u.cancel()
	return u.Context.Done()
}

// A call that ends while it stores a large value, or waits to do so, stores nothing and
// hinders no other one.
func TestTM009ACallEndsWhileItStores(t *testing.T) {
	t.Parallel()
	set := guesttest.Open(t, capability.Options{}, all.Grants{})
	over := errors.New("the call is over")
	value := strings.Repeat("v", 900<<10)
	store := func(ctx context.Context, g *guesttest.Guest) error {
		g.Begin(ctx)
		ptr, n := g.Put(guesttest.TextAt, "large")
		at, size := g.Put(guesttest.BufAt, value)
		_, err := g.Raw(kvPut, ptr, n, at, size)
		return err
	}
	g, other := guesttest.Instantiate(t, set, abi.ModuleCore, abi.ModuleKV), guesttest.Instantiate(t, set, abi.ModuleCore, abi.ModuleKV)
	for end := 1; ; end++ {
		paid := 0
		err := store(meter{t.Context(), func() {
			if paid++; paid != end {
				return
			}
			if paid > 1 { // another call waits for its turn to store, until it is over
				ctx, cancel := context.WithCancel(t.Context())
				if err := store(untilItWaits{ctx, cancel}, other); !errors.Is(err, context.Canceled) {
					t.Errorf("a put that waits for another one = %v, want %v", err, context.Canceled)
				}
			}
			panic(over)
		}}, g)
		if err == nil {
			if end < 5 {
				t.Errorf("the call paid %d times, want at least 4", end-1)
			}
			break
		}
		if !errors.Is(err, over) {
			t.Fatalf("put that ends at payment %d = %v", end, err)
		}
		other.Begin(t.Context())
		if _, status := other.Ask(kvGet, "large"); status != abi.NotFound {
			t.Errorf("get after a put that ended at payment %d = %v", end, status)
		}
		if got := set.Kept(); got != (capability.Kept{}) {
			t.Errorf("after a put that ended at payment %d, %+v is kept", end, got)
		}
	}
}

// untilItReturns is the context of a call that is over when it wants its processor back.
type untilItReturns struct {
	context.Context
	left chan struct{} // closed when the call waits without a processor
}

func (u untilItReturns) Leave() { close(u.left) }

func (u untilItReturns) Return() { panic(context.DeadlineExceeded) }

// A call that ends as soon as it has waited for its turn to store or to remove a large value
// gives the turn back.
func TestTM009ACallEndsAfterItsTurnHasCome(t *testing.T) {
	t.Parallel()
	set := guesttest.Open(t, capability.Options{}, all.Grants{})
	g, other := guesttest.Instantiate(t, set, abi.ModuleCore, abi.ModuleKV), guesttest.Instantiate(t, set, abi.ModuleCore, abi.ModuleKV)
	large := strings.Repeat("v", 100<<10)
	if status := other.Send(kvPut, "old", large); status != abi.OK {
		t.Fatalf("put = %v", status)
	}
	for name, late := range map[string]func() error{
		"put": func() error {
			ptr, n := other.Put(guesttest.TextAt, "late")
			at, size := other.Put(guesttest.BufAt, large)
			_, err := other.Raw(kvPut, ptr, n, at, size)
			return err
		},
		"delete": func() error {
			ptr, n := other.Put(guesttest.TextAt, "old")
			_, err := other.Raw(kvDelete, ptr, n)
			return err
		},
	} {
		ended, paid := make(chan error, 1), 0
		g.Begin(meter{t.Context(), func() {
			if paid++; paid == 2 { // in its own turn
				ctx := untilItReturns{t.Context(), make(chan struct{})}
				other.Begin(ctx)
				go func() { ended <- late() }()
				<-ctx.left
			}
		}})
		if status := g.Send(kvPut, "first by "+name, strings.Repeat("v", 900<<10)); status != abi.OK || paid < 2 {
			t.Fatalf("%s: another put = %v after %d payments", name, status, paid)
		}
		if err := <-ended; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s of a call that is over = %v, want %v", name, err, context.DeadlineExceeded)
		}
		ctx, cancel := context.WithCancel(t.Context())
		other.Begin(untilItWaits{ctx, cancel})
		if status := other.Send(kvPut, "next by "+name, large); status != abi.OK {
			t.Errorf("put after a %s of a call that is over = %v", name, status)
		}
		other.Begin(t.Context())
		if _, status := other.Ask(kvGet, "late"); status != abi.NotFound {
			t.Errorf("get of what a call that is over wanted to store = %v", status)
		}
		if _, status := other.Ask(kvGet, "old"); status != abi.OK {
			t.Errorf("get of what a call that is over wanted to remove = %v", status)
		}
	}
}
