package all_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero/api"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/capability/file"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
	"github.com/postern-project/postern/runtime/secret"
)

// meter counts what host functions pay.
type meter struct {
	context.Context
	spent, most int64
}

func (m *meter) Spend(units int64) { m.spent, m.most = m.spent+units, max(m.most, units) }
func (m *meter) Look()             {}

// callMemory is what the host may keep for a call of the guests of these tests.
const callMemory = 4 << 20

// accountGuest has every grant, files and values to read, and a small memory of a call.
func accountGuest(t testing.TB) *guesttest.Guest {
	t.Helper()
	dir := t.TempDir()
	err := errors.Join(os.Mkdir(filepath.Join(dir, "folder"), 0o700),
		os.WriteFile(filepath.Join(dir, "large"), make([]byte, 900<<10), 0o600))
	for i := range 20 {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, fmt.Sprint("file", i)), bytes.Repeat([]byte{byte(i)}, 50_000), 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
	environ := []string{"LARGE=" + strings.Repeat("v", 300<<10)}
	for i := range 200 {
		environ = append(environ, fmt.Sprintf("NAME%d=%d", i, i))
	}
	return guesttest.New(t, capability.Options{
		Provider: "p", Dir: dir, Environ: guesttest.Environ(environ...), Now: guesttest.Later, MaxStore: 8 << 20, MaxCall: callMemory,
	}, all.Grants{Env: []string{"*"}, Files: []file.Grant{{Path: ".", Write: true}}})
}

// begin begins a call that pays to the returned meter.
func begin(t testing.TB, g *guesttest.Guest) *meter {
	m := &meter{Context: t.Context()}
	g.Call.Begin(m, secret.OpGet, bytes.Repeat([]byte("input"), 1000), func([]byte) abi.Status { return abi.OK })
	return m
}

// liveHeap returns the bytes of the heap that are in use.
func liveHeap() int64 {
	goruntime.GC()
	goruntime.GC()
	var s goruntime.MemStats
	goruntime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

// names are what the guests of these tests ask for.
var names = []string{
	"LARGE", "NAME1", "ABSENT", "large", "file1", "file2", ".", "folder", "absent", "folder/new", "file1/x",
	strings.Repeat("a/", 2000), strings.Repeat("x/../", 700), strings.Repeat("y", 4000), "../..", "",
}

// random is a source of arguments: from the bytes of a fuzzer, or from a generator.
type random interface{ IntN(n int) int }

// deed is one call of a host function.
type deed struct {
	name         string
	args         []uint64
	room, copied int // bytes of the buffer for the answer; bytes that the host has to copy or make
}

// randomDeed returns a call of a random host function with random sizes. Pointers are
// inside the memory: others are tested elsewhere.
func randomDeed(g *guesttest.Guest, r random) deed {
	offered := append(abi.Imports(), abi.WASIImports()...)
	f := offered[r.IntN(len(offered))]
	d := deed{name: f.Module + "." + f.Name}
	size := []int{0, 1, 100, 5000, 60_000, guesttest.BufSize}[r.IntN(6)]
	text := names[r.IntN(len(names))]
	if f.Module == abi.ModuleFile && r.IntN(2) == 0 { // as many different paths as there are
		text += fmt.Sprintf("/%d", r.IntN(1<<20))
	}
	g.Memory.WriteString(guesttest.TextAt, text)
	ptr, n := uint64(guesttest.TextAt), uint64(len(text))
	buf, capacity := uint64(guesttest.BufAt), uint64(size)
	switch {
	case f.Name == "proc_exit":
		d.name = abi.ModuleWASI + ".sched_yield"
	case f.Name == "poll_oneoff": // at once: the clock is far beyond the time
		g.Memory.Write(guesttest.TextAt, make([]byte, 8192))
		g.Memory.WriteByte(guesttest.TextAt+40, 1)
		d.args = []uint64{guesttest.TextAt, buf, uint64(1 + r.IntN(100)), 0}
	case f.Name == "fd_write":
		g.Memory.WriteUint32Le(guesttest.TextAt, guesttest.BufAt)
		g.Memory.WriteUint32Le(guesttest.TextAt+4, uint32(size))
		d.args, d.copied = []uint64{uint64(1 + r.IntN(2)), ptr, 1, 0}, min(size, 10<<10)
	case f.Name == "random_get":
		d.args, d.copied = []uint64{buf, capacity}, size
	case f.Module == abi.ModuleCore:
		d.args = []uint64{buf, capacity}
		if f.Name == "input" {
			d.room = size
		}
		if len(f.Params) == 3 {
			d.args = []uint64{uint64(r.IntN(9)), buf, capacity}
		}
		d.args = d.args[:len(f.Params)]
	case f.Name == "put" || f.Name == "write":
		d.args, d.copied = []uint64{ptr, min(n, 100), buf, capacity}, 0
	case f.Name == "read_at":
		d.args, d.room = []uint64{ptr, n, uint64(r.IntN(60_000)), buf, capacity}, size
	case f.Module == abi.ModuleWASI:
		d.args = []uint64{0, 0, 0, 0}[:len(f.Params)]
	default:
		d.args, d.room = []uint64{ptr, n, buf, capacity}[:len(f.Params)], size
	}
	return d
}

// do makes the call, and returns what it copied or made at least. The call may end.
func (d deed) do(t testing.TB, g *guesttest.Guest) (bytes int, ended bool) {
	t.Helper()
	fn := g.Module.ExportedFunction(d.name)
	out, err := fn.Call(g.Call, d.args...)
	var e *secret.Error
	switch {
	case errors.As(err, &e) && e.Code == secret.ErrTooLarge && errors.Is(err, capability.ErrMemory) && strings.Contains(e.Detail, "limits.call_memory"):
		return 0, true
	case !acceptable(err):
		t.Fatalf("%s%v = %v", d.name, d.args, err)
	}
	bytes = d.copied
	if len(out) == 1 && d.room > 0 {
		if n := int(api.DecodeI32(out[0])); n > 0 && n <= d.room {
			bytes += n
		}
	}
	return bytes, err != nil
}

// Without regard to what a guest calls in which order, the host keeps no more than the
// memory of a call, gives it back at the end, and is paid for each call and each byte.
func TestTM004HostKeepsNoMoreThanACallMayHave(t *testing.T) { // not parallel: it measures the heap
	for seed := range uint64(3) {
		g, r := accountGuest(t), rand.New(rand.NewPCG(seed, 1))
		begin(t, g)
		randomDeed(g, r).do(t, g)
		g.Call.End()
		before := liveHeap()
		m := begin(t, g)
		var calls, copied int64
		for range 600 {
			n, ended := randomDeed(g, r).do(t, g)
			calls, copied = calls+1, copied+int64(n)
			if held := g.Call.Held(); held > callMemory {
				t.Fatalf("seed %d: the call holds %d bytes of %d", seed, held, callMemory)
			}
			if ended {
				break
			}
		}
		// The store of the module is not the call's, and has 8 MiB.
		if grown := liveHeap() - before; grown > callMemory+(2<<20) {
			t.Errorf("seed %d: after %d calls the heap has grown by %d bytes, the call may have %d", seed, calls, grown, callMemory)
		}
		if want := 2*calls + copied/256 - 1024; m.spent < want {
			t.Errorf("seed %d: %d calls and %d bytes cost %d units, want %d", seed, calls, copied, m.spent, want)
		}
		g.Call.End()
		if left := liveHeap() - before; left > 2<<20 || g.Call.Held() != 0 {
			t.Errorf("seed %d: %d bytes are left after the call, which holds %d", seed, left, g.Call.Held())
		}
	}
}

// What a guest asks for again and again is kept once, or ends the call.
func TestTM004TheSameAgain(t *testing.T) { // not parallel: it measures the heap
	for _, c := range []struct {
		name string
		do   func(g *guesttest.Guest, i int) error
	}{
		{"kv.get without a buffer", func(g *guesttest.Guest, _ int) error {
			_, err := g.Raw("postern_kv_v1.get", guesttest.TextAt, 1, guesttest.BufAt, 0)
			return err
		}},
		{"kv.get with a buffer", func(g *guesttest.Guest, _ int) error {
			_, err := g.Raw("postern_kv_v1.get", guesttest.TextAt, 1, guesttest.BufAt, guesttest.BufSize)
			return err
		}},
		{"two values in turn", func(g *guesttest.Guest, i int) error {
			_, err := g.Raw("postern_kv_v1.get", guesttest.TextAt+uint64(i%2), 1, guesttest.BufAt, guesttest.BufSize)
			return err
		}},
		{"env.get", func(g *guesttest.Guest, _ int) error {
			g.Put(guesttest.TextAt, "LARGE")
			_, err := g.Raw("postern_env_v1.get", guesttest.TextAt, 5, guesttest.BufAt, guesttest.BufSize)
			return err
		}},
		{"many variables", func(g *guesttest.Guest, i int) error {
			ptr, n := g.Put(guesttest.TextAt, fmt.Sprint("NAME", i%200))
			_, err := g.Raw("postern_env_v1.get", ptr, n, guesttest.BufAt, guesttest.BufSize)
			return err
		}},
		{"read and write", func(g *guesttest.Guest, i int) error {
			ptr, n := g.Put(guesttest.TextAt, "large")
			if _, err := g.Raw("postern_file_v1.read", ptr, n, guesttest.BufAt, guesttest.BufSize); err != nil || i > 10 {
				return err
			}
			ptr, n = g.Put(guesttest.TextAt, "new")
			_, err := g.Raw("postern_file_v1.write", ptr, n, guesttest.BufAt, 4)
			return err
		}},
		{"parts of a file", func(g *guesttest.Guest, i int) error {
			ptr, n := g.Put(guesttest.TextAt, "large")
			_, err := g.Raw("postern_file_v1.read_at", ptr, n, uint64(i/2), guesttest.BufAt, 100<<10)
			return err
		}},
		{"parts and the whole of a file", func(g *guesttest.Guest, i int) error {
			ptr, n := g.Put(guesttest.TextAt, "file1")
			if _, err := g.Raw("postern_file_v1.read_at", ptr, n, uint64(i), guesttest.BufAt, 10<<10); err != nil || i < 10 {
				return err
			}
			_, err := g.Raw("postern_file_v1.read", ptr, n, guesttest.BufAt, guesttest.BufSize)
			return err
		}},
		{"absent paths of 2,000 parts", func(g *guesttest.Guest, i int) error {
			ptr, n := g.Put(guesttest.TextAt, fmt.Sprintf("%d/%s", i, strings.Repeat("a/", 2000)))
			_, err := g.Raw("postern_file_v1.stat", ptr, n, guesttest.BufAt, guesttest.BufSize)
			return err
		}},
		{"refused values", func(g *guesttest.Guest, i int) error {
			_, err := g.Raw("postern_v1.emit", guesttest.BufAt, guesttest.BufSize)
			return err
		}},
		{"log", func(g *guesttest.Guest, i int) error {
			g.Log(abi.LevelError, strings.Repeat("x", i%9000))
			return nil
		}},
	} {
		g := accountGuest(t)
		begin(t, g)
		for i, key := range []string{"a", "b"} {
			g.Put(guesttest.TextAt+i, key)
			g.Do("postern_kv_v1.put", guesttest.TextAt+uint64(i), 1, guesttest.BufAt, uint64(800<<10+i))
		}
		before := liveHeap()
		for i := range 1000 {
			if err := c.do(g, i); err != nil {
				guesttest.WantCode(t, c.name, err, secret.ErrTooLarge, "limits.call_memory")
				break
			}
		}
		if grown := liveHeap() - before; grown > callMemory+(1<<20) || g.Call.Held() > callMemory {
			t.Errorf("%s: the heap has grown by %d bytes, and the call holds %d of %d", c.name, grown, g.Call.Held(), callMemory)
		}
		g.Call.End()
	}
}

// fuzzed takes numbers from the input of a fuzzer, and zeros after its end.
type fuzzed struct{ rest []byte }

func (f *fuzzed) IntN(n int) int {
	v := 0
	for range 3 {
		if len(f.rest) > 0 {
			v, f.rest = v<<8|int(f.rest[0]), f.rest[1:]
		}
	}
	return v % n
}

// FuzzAccount calls host functions in random order with random sizes: each call and
// each byte is paid, and no call has more than its memory.
func FuzzAccount(f *testing.F) {
	g := accountGuest(f)
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 2))
		input := make([]byte, 300)
		for i := range input {
			input[i] = byte(r.IntN(256))
		}
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		m, r := begin(t, g), &fuzzed{input[:min(len(input), 2000)]}
		defer g.Call.End()
		var calls, copied int64
		for len(r.rest) > 0 {
			n, ended := randomDeed(g, r).do(t, g)
			calls, copied = calls+1, copied+int64(n)
			if held := g.Call.Held(); held < 0 || held > callMemory {
				t.Fatalf("the call holds %d bytes of %d", held, callMemory)
			}
			if ended {
				break
			}
		}
		if want := 2*calls + copied/256 - 1024 - calls; m.spent < want {
			t.Errorf("%d calls and %d bytes cost %d units, want %d", calls, copied, m.spent, want)
		}
	})
}
