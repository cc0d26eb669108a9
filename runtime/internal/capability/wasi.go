package capability

import (
	"crypto/rand"
	"encoding/binary"
	"math"
	"time"

	"github.com/tetratelabs/wazero/sys"
)

// Error numbers of wasi_snapshot_preview1.
const (
	errnoOK     = 0
	errnoBadf   = 8
	errnoInval  = 28
	errnoNotsup = 58
)

const (
	maxVectors       = 1024      // buffers of one fd_write, subscriptions of one poll_oneoff
	maxWrite         = 64 << 10  // bytes that one fd_write takes; guests write the rest again
	clockGrain       = 1_000_000 // nanoseconds
	subscriptionSize = 48
	eventSize        = 32
)

// Exit is the error of a call in which the guest called proc_exit. It is an
// error with code 0 too: a reactor does not exit. It unwraps to a
// [*sys.ExitError].
type Exit struct{ Code uint32 }

// Error says that the guest exited.
func (e Exit) Error() string { return "capability: the module exited" }

// Unwrap returns the exit code as wazero's error.
func (e Exit) Unwrap() error { return sys.NewExitError(e.Code) }

// wasiFunctions returns wasi_snapshot_preview1 as far as language runtimes need
// it: no files, no environment, no arguments.
func wasiFunctions() map[string]function {
	ok := result(func(*Call, memory, []uint64) int32 { return errnoOK })
	badf := result(func(*Call, memory, []uint64) int32 { return errnoBadf })
	return map[string]function{
		"args_get": ok, "args_sizes_get": result(wasiNoSizes),
		"environ_get": ok, "environ_sizes_get": result(wasiNoSizes),
		"clock_time_get": result(wasiClockTime), "clock_res_get": result(wasiClockRes),
		"random_get": result(wasiRandom),
		"fd_write":   result(wasiWrite), "fd_read": result(wasiRead),
		"fd_close": badf, "fd_fdstat_get": result(wasiFdstat), "fd_fdstat_set_flags": badf,
		"fd_prestat_get": badf, "fd_prestat_dir_name": badf, "fd_seek": badf,
		"poll_oneoff": result(wasiPoll),
		"sched_yield": ok,
		"proc_exit":   func(_ *Call, _ memory, stack []uint64) { panic(Exit{uint32(stack[0])}) },
	}
}

func wasiNoSizes(_ *Call, m memory, args []uint64) int32 {
	m.put32(args[0], 0)
	m.put32(args[1], 0)
	return errnoOK
}

// clock returns a clock's coarse time in nanoseconds.
func (c *Call) clock(id uint32) (ns uint64, ok bool) {
	now := c.set.opt.Now()
	switch id {
	case 0:
		ns = uint64(max(0, now.UnixNano()))
	case 1:
		// Zero would be taken for a broken clock, by Go for one.
		ns = uint64(max(0, now.Sub(c.set.start)) + time.Second)
	default:
		return 0, false
	}
	return ns - ns%clockGrain, true
}

func wasiClockTime(c *Call, m memory, args []uint64) int32 {
	now, ok := c.clock(uint32(args[0]))
	if !ok {
		return errnoInval
	}
	m.put64(args[2], now)
	return errnoOK
}

func wasiClockRes(_ *Call, m memory, args []uint64) int32 {
	if uint32(args[0]) > 1 {
		return errnoInval
	}
	m.put64(args[1], clockGrain)
	return errnoOK
}

func wasiRandom(_ *Call, m memory, args []uint64) int32 {
	rand.Read(m.view(args[0], args[1])) // never fails
	return errnoOK
}

// wasiWrite puts stdout and stderr into the guest log.
func wasiWrite(c *Call, m memory, args []uint64) int32 {
	fd, count := uint32(args[0]), uint32(args[2])
	if fd != 1 && fd != 2 {
		return errnoBadf
	}
	if count > maxVectors {
		return errnoInval
	}
	vectors, left := m.view(args[1], uint64(count)*8), maxWrite
	for ; len(vectors) > 0; vectors = vectors[8:] {
		ptr, n := binary.LittleEndian.Uint32(vectors), binary.LittleEndian.Uint32(vectors[4:])
		b := m.view(uint64(ptr), uint64(n))
		b = b[:min(len(b), left)]
		left -= len(b)
		c.lines.write(c, int(fd-1), b)
	}
	m.put32(args[3], uint32(maxWrite-left))
	return errnoOK
}

// wasiRead answers that stdin is at its end.
func wasiRead(_ *Call, m memory, args []uint64) int32 {
	if uint32(args[0]) != 0 {
		return errnoBadf
	}
	m.put32(args[3], 0)
	return errnoOK
}

// wasiFdstat describes the three standard streams as character devices: one may
// be read, two be written.
func wasiFdstat(_ *Call, m memory, args []uint64) int32 {
	const characterDevice, rightRead, rightWrite = 2, 1 << 1, 1 << 6
	fd, rights := uint32(args[0]), uint64(rightWrite)
	if fd > 2 {
		return errnoBadf
	}
	if fd == 0 {
		rights = rightRead
	}
	stat := m.view(args[1], 24)
	clear(stat)
	stat[0] = characterDevice
	binary.LittleEndian.PutUint64(stat[8:], rights)
	return errnoOK
}

// wasiPoll waits for the first of the clocks, or for the end of the call. Any
// other subscription is answered at once as not supported.
func wasiPoll(c *Call, m memory, args []uint64) int32 {
	count := uint32(args[2])
	if count == 0 || count > maxVectors {
		return errnoInval
	}
	subs := m.view(args[0], uint64(count)*subscriptionSize)
	events := m.view(args[1], uint64(count)*eventSize)
	m.view(args[3], 4)

	waits, first := make([]time.Duration, count), time.Duration(math.MaxInt64)
	for i := range waits {
		waits[i], _ = c.timeout(subs[i*subscriptionSize:])
		first = min(first, waits[i])
	}
	c.wait(first)
	n := 0
	for i, wait := range waits {
		if wait > first {
			continue
		}
		// A guest may let the two arrays overlap; it then reads its own nonsense.
		sub := [subscriptionSize]byte(subs[i*subscriptionSize:])
		_, errno := c.timeout(sub[:])
		event := events[n*eventSize:][:eventSize]
		clear(event)
		copy(event, sub[:8])
		binary.LittleEndian.PutUint16(event[8:], errno)
		event[10] = sub[8]
		n++
	}
	m.put32(args[3], uint32(n))
	return errnoOK
}

// timeout returns how long a subscription waits, and an error number for those
// that are not waited for.
func (c *Call) timeout(sub []byte) (time.Duration, uint16) {
	if sub[8] != 0 {
		return 0, errnoNotsup
	}
	now, ok := c.clock(binary.LittleEndian.Uint32(sub[16:]))
	if !ok {
		return 0, errnoInval
	}
	t := binary.LittleEndian.Uint64(sub[24:])
	if absolute := sub[40]&1 != 0; absolute {
		t -= min(t, now)
	}
	return time.Duration(min(t, math.MaxInt64)), errnoOK
}

// wait returns after d; the end of the call's context ends the call.
func (c *Call) wait(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.Done():
		panic(c.Err())
	}
}
