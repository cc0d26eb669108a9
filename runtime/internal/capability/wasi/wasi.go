package wasi

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
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
	pieceBytes       = 4 << 10   // of output that are paid at a time
	maxWrite         = 64 << 10  // bytes that one fd_write takes; guests write the rest again
	clockGrain       = 1_000_000 // nanoseconds
	subscriptionSize = 48
	eventSize        = 32
)

// What the functions cost in units of fuel, besides the call of one.
const (
	clockUnits  = 4  // reading a clock
	randomUnits = 4  // asking the system for random bytes
	randomBytes = 16 // random bytes for one unit
	vectorUnits = 8  // a buffer of fd_write
	lineUnits   = 1  // a line of output
)

var newline = []byte{'\n'}

// WASI is the capability of one provider.
type WASI struct {
	opt   *capability.Options
	start time.Time // zero of the guest's monotonic clock
}

var _ capability.Capability = (*WASI)(nil)

// New returns the capability, which needs no grant.
func New() *WASI { return &WASI{} }

// Module returns "wasi_snapshot_preview1".
func (*WASI) Module() string { return abi.ModuleWASI }

// Open starts the monotonic clock.
func (w *WASI) Open(o *capability.Options) error {
	w.opt, w.start = o, o.Now()
	return nil
}

// Functions returns the functions that a host offers; any other is refused.
func (w *WASI) Functions() map[string]capability.Function {
	ok := capability.WithResult(func(*capability.Call, capability.Memory, []uint64) int32 { return errnoOK })
	badf := capability.WithResult(func(*capability.Call, capability.Memory, []uint64) int32 { return errnoBadf })
	return map[string]capability.Function{
		"args_get": ok, "args_sizes_get": capability.WithResult(noSizes),
		"environ_get": ok, "environ_sizes_get": capability.WithResult(noSizes),
		"clock_time_get": capability.WithResult(w.clockTime), "clock_res_get": capability.WithResult(clockRes),
		"random_get": capability.WithResult(random),
		"fd_write":   capability.WithResult(write), "fd_read": capability.WithResult(read),
		"fd_close": badf, "fd_fdstat_get": capability.WithResult(fdstat), "fd_fdstat_set_flags": badf,
		"fd_prestat_get": badf, "fd_prestat_dir_name": badf, "fd_seek": badf,
		"poll_oneoff": capability.WithResult(w.poll),
		"sched_yield": ok,
		"proc_exit": func(_ *capability.Call, _ capability.Memory, stack []uint64) {
			panic(capability.Exit{Code: uint32(stack[0])})
		},
	}
}

func noSizes(_ *capability.Call, m capability.Memory, args []uint64) int32 {
	m.PutUint32(args[0], 0)
	m.PutUint32(args[1], 0)
	return errnoOK
}

// clock returns a clock's coarse time in nanoseconds.
func (w *WASI) clock(c *capability.Call, id uint32) (ns uint64, ok bool) {
	now := c.Now()
	switch id {
	case 0:
		ns = uint64(max(0, now.UnixNano()))
	case 1:
		// Zero would be taken for a broken clock, by Go for one.
		ns = uint64(max(0, now.Sub(w.start)) + time.Second)
	default:
		return 0, false
	}
	return ns - ns%clockGrain, true
}

func (w *WASI) clockTime(c *capability.Call, m capability.Memory, args []uint64) int32 {
	c.Charge(clockUnits)
	now, ok := w.clock(c, uint32(args[0]))
	if !ok {
		return errnoInval
	}
	m.PutUint64(args[2], now)
	return errnoOK
}

func clockRes(_ *capability.Call, m capability.Memory, args []uint64) int32 {
	if uint32(args[0]) > 1 {
		return errnoInval
	}
	m.PutUint64(args[1], clockGrain)
	return errnoOK
}

func random(c *capability.Call, m capability.Memory, args []uint64) int32 {
	const piece = 16 << 10
	for b := m.View(args[0], args[1]); len(b) > 0; b = b[min(piece, len(b)):] {
		c.Charge(randomUnits + int64(min(piece, len(b))/randomBytes))
		rand.Read(b[:min(piece, len(b))]) // never fails
	}
	return errnoOK
}

// write puts stdout and stderr into the guest log.
func write(c *capability.Call, m capability.Memory, args []uint64) int32 {
	fd, count := uint32(args[0]), uint32(args[2])
	if fd != 1 && fd != 2 {
		return errnoBadf
	}
	if count > maxVectors {
		return errnoInval
	}
	c.Charge(int64(count) * vectorUnits)
	vectors, left := m.View(args[1], uint64(count)*8), maxWrite
	for ; len(vectors) > 0; vectors = vectors[8:] {
		ptr, n := binary.LittleEndian.Uint32(vectors), binary.LittleEndian.Uint32(vectors[4:])
		b := m.View(uint64(ptr), uint64(n))
		b = b[:min(len(b), left)]
		left -= len(b)
		for piece := range slices.Chunk(b, pieceBytes) {
			c.Charge(4*capability.Copied(len(piece)) + int64(bytes.Count(piece, newline))*lineUnits)
			c.WriteOutput(int(fd-1), piece)
		}
	}
	m.PutUint32(args[3], uint32(maxWrite-left))
	return errnoOK
}

// read answers that stdin is at its end.
func read(_ *capability.Call, m capability.Memory, args []uint64) int32 {
	if uint32(args[0]) != 0 {
		return errnoBadf
	}
	m.PutUint32(args[3], 0)
	return errnoOK
}

// fdstat describes the three standard streams as character devices: one may
// be read, two be written.
func fdstat(_ *capability.Call, m capability.Memory, args []uint64) int32 {
	const characterDevice, rightRead, rightWrite = 2, 1 << 1, 1 << 6
	fd, rights := uint32(args[0]), uint64(rightWrite)
	if fd > 2 {
		return errnoBadf
	}
	if fd == 0 {
		rights = rightRead
	}
	stat := m.View(args[1], 24)
	clear(stat)
	stat[0] = characterDevice
	binary.LittleEndian.PutUint64(stat[8:], rights)
	return errnoOK
}

// poll waits for the first of the clocks, or for the end of the call. Any
// other subscription is answered at once as not supported.
func (w *WASI) poll(c *capability.Call, m capability.Memory, args []uint64) int32 {
	count := uint32(args[2])
	if count == 0 || count > maxVectors {
		return errnoInval
	}
	subs := m.View(args[0], uint64(count)*subscriptionSize)
	events := m.View(args[1], uint64(count)*eventSize)
	m.View(args[3], 4)

	c.Charge(2 * clockUnits * int64(count))
	waits, first := make([]time.Duration, count), time.Duration(math.MaxInt64)
	for i := range waits {
		waits[i], _ = w.timeout(c, subs[i*subscriptionSize:])
		first = min(first, waits[i])
	}
	c.Wait(first)
	n := 0
	for i, wait := range waits {
		if wait > first {
			continue
		}
		// A guest may let the two arrays overlap; it then reads its own nonsense.
		sub := [subscriptionSize]byte(subs[i*subscriptionSize:])
		_, errno := w.timeout(c, sub[:])
		event := events[n*eventSize:][:eventSize]
		clear(event)
		copy(event, sub[:8])
		binary.LittleEndian.PutUint16(event[8:], errno)
		event[10] = sub[8]
		n++
	}
	m.PutUint32(args[3], uint32(n))
	return errnoOK
}

// timeout returns how long a subscription waits, and an error number for those
// that are not waited for.
func (w *WASI) timeout(c *capability.Call, sub []byte) (time.Duration, uint16) {
	if sub[8] != 0 {
		return 0, errnoNotsup
	}
	now, ok := w.clock(c, binary.LittleEndian.Uint32(sub[16:]))
	if !ok {
		return 0, errnoInval
	}
	t := binary.LittleEndian.Uint64(sub[24:])
	if absolute := sub[40]&1 != 0; absolute {
		t -= min(t, now)
	}
	return time.Duration(min(t, math.MaxInt64)), errnoOK
}
