package wasmhost_test

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
)

// sleeper is a guest that sleeps and then returns a status.
func sleeper(d time.Duration, status abi.Status) busy {
	return busy{name: "sleeper", make: func(g *loopGuest) {
		sub := make([]byte, 48)
		sub[16] = 1 // the monotonic clock
		binary.LittleEndian.PutUint64(sub[24:], uint64(d))
		g.data = map[int]string{0: string(sub)}
		g.once, g.ends = g.callOf("wasi_snapshot_preview1.poll_oneoff", 0, 100, 1, 200), status
	}}
}

func wantTimeout(t *testing.T, what string, err error, words string) {
	t.Helper()
	if secret.CodeOf(err) != secret.ErrTimeout || !strings.Contains(err.Error(), words) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%s = %v, want %v with %q, caused by the deadline", what, err, secret.ErrTimeout, words)
	}
}

// All tries of a write have the time of one call.
func TestTM009AllTriesOfAWriteHaveOneDeadline(t *testing.T) {
	const limit, nap = 100 * time.Millisecond, 40 * time.Millisecond
	p := openBusy(t, sleeper(nap, abi.Conflict), wasmhost.Limits{Call: limit}, 0)
	value, err := secret.FromString("value")
	if err != nil {
		t.Fatal(err)
	}
	took := fastest(limit+late, func() time.Duration {
		start := time.Now()
		wantTimeout(t, "Set", p.Set(t.Context(), "k", value), "limits.call")
		return time.Since(start)
	})
	if took > limit+late {
		t.Errorf("the write took %v, want %v", took, limit)
	}
}

// A write that waits for another one ends at its own deadline.
func TestTM009AWaitingWriteHasADeadline(t *testing.T) {
	p := openBusy(t, sleeper(time.Hour, abi.Conflict), wasmhost.Limits{Call: 300 * time.Millisecond}, 0)
	value, err := secret.FromString("value")
	if err != nil {
		t.Fatal(err)
	}
	errs := make(chan error)
	for range 2 {
		go func() { errs <- p.Set(t.Context(), "k", value) }()
	}
	start := time.Now()
	for range 2 {
		wantTimeout(t, "Set", <-errs, "limits.call")
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("two writes beside each other took %v", took)
	}
}

// stillCompiling reports whether a call had no time left before the module was compiled,
// as may be on a busy machine.
func stillCompiling(err error) bool {
	return err != nil && strings.Contains(err.Error(), "still being compiled")
}

// onceCompiled returns the error of the first call that runs the module.
func onceCompiled(ctx context.Context, b busy, p *wasmhost.Provider) error {
	err := b.ask(ctx, p)
	for range 50 {
		if !stillCompiling(err) {
			break
		}
		err = b.ask(ctx, p)
	}
	return err
}

// A timeout says which time was over.
func TestTimeoutsNameTheLimit(t *testing.T) {
	t.Parallel()
	for _, b := range []busy{busyGuests()[0], sleeper(time.Hour, abi.Internal), {name: "loop", make: func(*loopGuest) {}}} {
		p := openBusy(t, b, wasmhost.Limits{Call: 200 * time.Millisecond}, 0)
		wantTimeout(t, b.name+" beyond limits.call", onceCompiled(t.Context(), b, p), "the call took longer than 200ms, limits.call")

		p = openBusy(t, b, wasmhost.Limits{}, 0)
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		err := b.ask(ctx, p)
		if !stillCompiling(err) {
			wantTimeout(t, b.name+" beyond the caller's deadline", err, "the time that the caller gave is over")
		}
		if strings.Contains(err.Error(), "limits.call") {
			t.Errorf("%s: %v names limits.call", b.name, err)
		}
		cancel()
	}
}

// A call that its caller cancels is canceled, and has not timed out.
func TestCanceledIsNoTimeout(t *testing.T) {
	t.Parallel()
	p := openBusy(t, sleeper(time.Hour, abi.Internal), wasmhost.Limits{}, 0)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := p.Get(ctx, "k"); secret.CodeOf(err) != secret.ErrCanceled || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v", err, secret.ErrCanceled)
	}
}
