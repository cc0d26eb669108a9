package wasi_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tetratelabs/wazero/sys"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
)

const (
	errnoBadf   = 8
	errnoInval  = 28
	errnoNotsup = 58
)

// guest calls functions of WASI.
type guest struct {
	*guesttest.Guest
	t *testing.T
}

func newGuest(t *testing.T, o capability.Options, g all.Grants) guest {
	t.Helper()
	return guest{guesttest.New(t, o, g), t}
}

func (g guest) wasi(name string, args ...uint64) int32 {
	g.t.Helper()
	return g.Do(abi.ModuleWASI+"."+name, args...)
}

func (g guest) u32(at uint32) uint32 { v, _ := g.Memory.ReadUint32Le(at); return v }
func (g guest) u64(at uint32) uint64 { v, _ := g.Memory.ReadUint64Le(at); return v }

func TestWASIHasNoArgumentsEnvironmentAndFiles(t *testing.T) {
	t.Parallel()
	g := newGuest(t, capability.Options{Environ: guesttest.Environ("SECRET=1")}, all.Grants{Env: []string{"*"}})
	for _, sizes := range []string{"args_sizes_get", "environ_sizes_get"} {
		g.Memory.WriteUint64Le(guesttest.BufAt, math.MaxUint64)
		if errno := g.wasi(sizes, guesttest.BufAt, guesttest.BufAt+4); errno != 0 || g.u64(guesttest.BufAt) != 0 {
			t.Errorf("%s = %d, sizes %x", sizes, errno, g.u64(guesttest.BufAt))
		}
	}
	for _, get := range []string{"args_get", "environ_get"} {
		if errno := g.wasi(get, guesttest.BufAt, guesttest.BufAt+8); errno != 0 {
			t.Errorf("%s = %d", get, errno)
		}
	}
	for fd := range uint64(6) {
		for name, args := range map[string][]uint64{
			"fd_close": {fd}, "fd_fdstat_set_flags": {fd, 0}, "fd_prestat_get": {fd, guesttest.BufAt},
			"fd_prestat_dir_name": {fd, guesttest.BufAt, 8}, "fd_seek": {fd, 0, 0, guesttest.BufAt},
		} {
			if errno := g.wasi(name, args...); errno != errnoBadf {
				t.Errorf("%s(%d) = %d, want %d", name, fd, errno, errnoBadf)
			}
		}
		want := int32(0)
		if fd > 2 {
			want = errnoBadf
		}
		if errno := g.wasi("fd_fdstat_get", fd, guesttest.BufAt); errno != want {
			t.Errorf("fd_fdstat_get(%d) = %d, want %d", fd, errno, want)
		}
	}
	if errno := g.wasi("fd_read", 0, 0, 0, guesttest.BufAt); errno != 0 || g.u32(guesttest.BufAt) != 0 {
		t.Errorf("fd_read(0) = %d, %d bytes, want its end", errno, g.u32(guesttest.BufAt))
	}
	for fd := uint64(1); fd < 4; fd++ {
		if errno := g.wasi("fd_read", fd, 0, 0, guesttest.BufAt); errno != errnoBadf {
			t.Errorf("fd_read(%d) = %d, want %d", fd, errno, errnoBadf)
		}
	}
	if errno := g.wasi("sched_yield"); errno != 0 {
		t.Errorf("sched_yield = %d", errno)
	}
}

func TestWASIClocksAreCoarse(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 123_456_789)
	g := newGuest(t, capability.Options{Now: func() time.Time { return now }}, all.Grants{})
	now = now.Add(5*time.Millisecond + 999*time.Microsecond)
	if errno := g.wasi("clock_time_get", 0, 0, guesttest.BufAt); errno != 0 || g.u64(guesttest.BufAt) != 1_700_000_000_129_000_000 {
		t.Errorf("real time = %d, %d", g.u64(guesttest.BufAt), errno)
	}
	if errno := g.wasi("clock_time_get", 1, 0, guesttest.BufAt); errno != 0 || g.u64(guesttest.BufAt) != 1_005_000_000 {
		t.Errorf("monotonic time = %d, %d", g.u64(guesttest.BufAt), errno)
	}
	for id := range uint64(2) {
		if errno := g.wasi("clock_res_get", id, guesttest.BufAt); errno != 0 || g.u64(guesttest.BufAt) != 1_000_000 {
			t.Errorf("clock_res_get(%d) = %d, %d", id, g.u64(guesttest.BufAt), errno)
		}
	}
	for _, name := range []string{"clock_res_get", "clock_time_get"} {
		args := []uint64{2, guesttest.BufAt, guesttest.BufAt}
		if name == "clock_res_get" {
			args = args[:2]
		}
		if errno := g.wasi(name, args...); errno != errnoInval {
			t.Errorf("%s(2) = %d, want %d", name, errno, errnoInval)
		}
	}
}

// Two instances of one module never get the same numbers.
func TestTM021RandomIsReal(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 4 {
		g := newGuest(t, capability.Options{}, all.Grants{})
		for range 4 {
			if errno := g.wasi("random_get", guesttest.BufAt, 32); errno != 0 {
				t.Fatalf("random_get = %d", errno)
			}
			b, _ := g.Memory.Read(guesttest.BufAt, 32)
			seen[string(b)] = true
		}
	}
	if len(seen) != 16 {
		t.Errorf("%d different answers of 16", len(seen))
	}
}

// write passes pieces to fd_write as buffers of one call.
func (g guest) write(fd uint64, pieces ...string) (errno int32, n uint32) {
	g.t.Helper()
	at := guesttest.BufAt
	for i, p := range pieces {
		g.Memory.WriteUint32Le(uint32(guesttest.TextAt+i*8), uint32(at))
		g.Memory.WriteUint32Le(uint32(guesttest.TextAt+i*8+4), uint32(len(p)))
		g.Put(at, p)
		at += len(p)
	}
	errno = g.wasi("fd_write", fd, guesttest.TextAt, uint64(len(pieces)), 16)
	return errno, g.u32(16)
}

func TestWASIWriteGoesToTheGuestLog(t *testing.T) {
	t.Parallel()
	sink := &guesttest.Records{}
	g := newGuest(t, capability.Options{Log: sink.Logger()}, all.Grants{})
	for _, c := range []struct {
		fd     uint64
		pieces []string
	}{{1, []string{"first\nsec", "ond\n\n"}}, {2, []string{"panic: "}}, {1, []string{"open"}}, {2, []string{"oh no\n"}}} {
		if errno, n := g.write(c.fd, c.pieces...); errno != 0 || int(n) != len(strings.Join(c.pieces, "")) {
			t.Errorf("fd_write(%d, %q) = %d, %d bytes", c.fd, c.pieces, errno, n)
		}
	}
	for _, fd := range []uint64{0, 3, 1 << 31} {
		if errno, _ := g.write(fd, "x"); errno != errnoBadf {
			t.Errorf("fd_write(%d) = %d, want %d", fd, errno, errnoBadf)
		}
	}
	if errno := g.wasi("fd_write", 1, guesttest.TextAt, 1025, 16); errno != errnoInval {
		t.Errorf("fd_write of 1025 buffers = %d, want %d", errno, errnoInval)
	}
	r := g.Call.End()
	var got []string
	for _, l := range r.Logs {
		got = append(got, l.Text)
	}
	if want := "first|second|panic: oh no|open"; strings.Join(got, "|") != want {
		t.Errorf("lines %q, want %q", got, want)
	}
	if want := "panic: oh no\n"; r.Tail != want {
		t.Errorf("Tail = %q, want what went to standard error, %q", r.Tail, want)
	}
	g.Begin(t.Context())
	g.write(1, "first\nsec", "ond\n\nlast")
	if got, want := g.Call.End().Tail, "first\nsecond\n\nlast"; got != want {
		t.Errorf("Tail without errors = %q, want %q", got, want)
	}
}

func TestWASIWriteIsBounded(t *testing.T) {
	t.Parallel()
	sink := &guesttest.Records{}
	g := newGuest(t, capability.Options{Log: sink.Logger()}, all.Grants{})
	if errno, n := g.write(1, strings.Repeat("x", 100_000)); errno != 0 || n != 64<<10 {
		t.Errorf("fd_write of 100,000 bytes = %d, %d bytes, want %d", errno, n, 64<<10)
	}
	g.write(2, strings.Repeat("y", 3000)+"end")
	r := g.Call.End()
	if len(r.Logs) != 2 || len(r.Logs[0].Text) > 100 {
		t.Errorf("%d lines, the first of %d bytes", len(r.Logs), len(r.Logs[0].Text))
	}
	if len(r.Tail) != 2048 || !strings.HasSuffix(r.Tail, "yend") {
		t.Errorf("Tail has %d bytes and ends in %q", len(r.Tail), r.Tail[max(0, len(r.Tail)-10):])
	}
}

func TestWASIExitIsAnErrorWhateverTheCode(t *testing.T) {
	t.Parallel()
	for _, code := range []uint32{0, 3, math.MaxUint32} {
		g := newGuest(t, capability.Options{}, all.Grants{})
		_, err := g.Raw(abi.ModuleWASI+".proc_exit", uint64(code))
		var exit capability.Exit
		var wazeroExit *sys.ExitError
		if !errors.As(err, &exit) || exit.Code != code || !errors.As(err, &wazeroExit) || wazeroExit.ExitCode() != code {
			t.Errorf("proc_exit(%d) = %v", code, err)
		}
		if _, direct := err.(*sys.ExitError); direct {
			t.Errorf("proc_exit(%d) is a bare exit error, which wazero takes for success at start", code)
		}
	}
}

type subscription struct {
	user    uint64
	kind    byte
	clock   uint32
	timeout uint64
	flags   uint16
}

func (g guest) poll(subs ...subscription) (errno int32, events []byte) {
	g.t.Helper()
	b := make([]byte, 48*len(subs))
	for i, s := range subs {
		p := b[48*i:]
		binary.LittleEndian.PutUint64(p, s.user)
		p[8] = s.kind
		binary.LittleEndian.PutUint32(p[16:], s.clock)
		binary.LittleEndian.PutUint64(p[24:], s.timeout)
		binary.LittleEndian.PutUint16(p[40:], s.flags)
	}
	g.Memory.Write(guesttest.TextAt, b)
	errno = g.wasi("poll_oneoff", guesttest.TextAt, guesttest.BufAt, uint64(len(subs)), 16)
	if errno != 0 {
		return errno, nil
	}
	out, _ := g.Memory.Read(guesttest.BufAt, 32*g.u32(16))
	return 0, bytes.Clone(out)
}

func event(user uint64, errno uint16, kind byte) []byte {
	e := make([]byte, 32)
	binary.LittleEndian.PutUint64(e, user)
	binary.LittleEndian.PutUint16(e[8:], errno)
	e[10] = kind
	return e
}

func TestWASIPollWaitsForTheFirstClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGuest(t, capability.Options{}, all.Grants{})
		abs := uint64(time.Now().Add(30 * time.Second).UnixNano())
		for _, c := range []struct {
			name string
			subs []subscription
			wait time.Duration
			want []byte
		}{
			{"relative", []subscription{{user: 7, timeout: uint64(20 * time.Second)}}, 20 * time.Second, event(7, 0, 0)},
			{"absolute", []subscription{{user: 8, timeout: abs, flags: 1}}, 10 * time.Second, event(8, 0, 0)},
			{"past", []subscription{{user: 9, timeout: 1, flags: 1}}, 0, event(9, 0, 0)},
			{"first of two", []subscription{{user: 1, timeout: uint64(time.Hour)}, {user: 2, clock: 1, timeout: uint64(time.Second)}}, time.Second, event(2, 0, 0)},
			{"descriptor", []subscription{{user: 1, timeout: uint64(time.Hour)}, {user: 3, kind: 1}}, 0, event(3, errnoNotsup, 1)},
			{"unknown clock", []subscription{{user: 4, clock: 9}}, 0, event(4, errnoInval, 0)},
		} {
			before := time.Now()
			errno, events := g.poll(c.subs...)
			if errno != 0 || !bytes.Equal(events, c.want) {
				t.Errorf("%s: poll_oneoff = %d, events %x, want %x", c.name, errno, events, c.want)
			}
			if waited := time.Since(before); waited != c.wait {
				t.Errorf("%s: waited %v, want %v", c.name, waited, c.wait)
			}
		}
		for _, n := range []uint64{0, 1025, math.MaxUint32} {
			if errno := g.wasi("poll_oneoff", 0, 0, n, 16); errno != errnoInval {
				t.Errorf("poll_oneoff of %d = %d, want %d", n, errno, errnoInval)
			}
		}
	})
}

func TestTM009PollEndsWithTheCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGuest(t, capability.Options{}, all.Grants{})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		g.Begin(ctx)
		g.Memory.Write(guesttest.TextAt, make([]byte, 48))
		g.Memory.WriteUint64Le(guesttest.TextAt+24, math.MaxUint64)
		before := time.Now()
		_, err := g.Raw(abi.ModuleWASI+".poll_oneoff", guesttest.TextAt, guesttest.BufAt, 1, 16)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(before) != 50*time.Millisecond {
			t.Errorf("poll_oneoff = %v after %v, want the deadline after 50ms", err, time.Since(before))
		}
	})
}
