package all_test

import (
	"errors"
	"math"
	"testing"

	"github.com/tetratelabs/wazero/api"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/capability/file"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
	"github.com/postern-project/postern/runtime/secret"
)

// everything opens a guest with every grant, in an empty folder.
func everything(t testing.TB) *guesttest.Guest {
	t.Helper()
	return guesttest.New(t, capability.Options{
		Provider: "p", Dir: t.TempDir(), Environ: guesttest.Environ("A=1"), Now: guesttest.Later, MaxStore: 1 << 16,
	}, all.Grants{Env: []string{"*"}, Files: []file.Grant{{Path: ".", Write: true}}})
}

// edges are numbers at or beyond the ends of some range.
var edges = []uint64{
	0, 1, 7, 8, 1 << 16, guesttest.Pages<<16 - 1, guesttest.Pages << 16, guesttest.Pages<<16 + 1,
	math.MaxInt32, 1 << 31, math.MaxUint32 - 7, math.MaxUint32,
}

// acceptable reports whether a call ended in a permitted way: with a result, a
// ProtocolError or an exit.
func acceptable(err error) bool {
	var abiErr capability.ProtocolError
	var exit capability.Exit
	return err == nil || errors.As(err, &abiErr) || errors.As(err, &exit)
}

// Functions take every combination of edges in their parameters.
func TestTM013EdgesOfMemory(t *testing.T) {
	t.Parallel()
	g := everything(t)
	g.Call.Begin(t.Context(), secret.OpGet, []byte("input"), func([]byte) abi.Status { return abi.OK })
	calls := 0
	for name, def := range g.Module.ExportedFunctionDefinitions() {
		n := len(def.ParamTypes())
		args := make([]uint64, n)
		fn := g.Module.ExportedFunction(name)
		var walk func(i int)
		walk = func(i int) {
			if i == n {
				calls++
				if _, err := fn.Call(g.Call, args...); !acceptable(err) {
					t.Errorf("%s%v = %v", name, args, err)
				}
				return
			}
			for _, args[i] = range edges {
				walk(i + 1)
			}
		}
		if n < 4 || name == "postern_kv_v1.get" || name == "postern_file_v1.read" || name == "postern_file_v1.read_at" {
			walk(0)
		}
	}
	if calls < 20_000 {
		t.Errorf("%d calls", calls)
	}
}

func TestTM013PointersOutsideBreakTheABI(t *testing.T) {
	t.Parallel()
	const end = guesttest.Pages << 16
	g := everything(t)
	for _, c := range []struct {
		name string
		args []uint64
	}{
		{"postern_v1.input", []uint64{end, 1}},
		{"postern_v1.input", []uint64{end - 1, 2}},
		{"postern_v1.emit", []uint64{math.MaxUint32, 2}},
		{"postern_v1.emit", []uint64{2, math.MaxUint32}},
		{"postern_v1.fail", []uint64{0, end + 1}},
		{"postern_v1.log", []uint64{0, math.MaxUint32, math.MaxUint32}},
		{"postern_env_v1.get", []uint64{0, 0, end, 1}},
		{"postern_env_v1.get", []uint64{end, 1, 0, 0}},
		{"postern_env_v1.list", []uint64{0, 0, 1, end}},
		{"postern_file_v1.read", []uint64{0, 0, end, 1}},
		{"postern_file_v1.read_at", []uint64{0, 0, 0, end, 1}},
		{"postern_file_v1.read_at", []uint64{0, 0, math.MaxUint32, 1, end}},
		{"postern_file_v1.write", []uint64{0, 1, end, 1}},
		{"postern_file_v1.remove", []uint64{end, 1}},
		{"postern_kv_v1.get", []uint64{0, 1, end, 1}},
		{"postern_kv_v1.put", []uint64{0, 1, 1, end}},
		{"postern_kv_v1.delete", []uint64{end, 1}},
		{"postern_kv_v1.list", []uint64{0, 0, end, 1}},
		{"wasi_snapshot_preview1.random_get", []uint64{1, end}},
		{"wasi_snapshot_preview1.clock_time_get", []uint64{0, 0, end - 7}},
		{"wasi_snapshot_preview1.fd_write", []uint64{1, end - 4, 1, 0}},
		{"wasi_snapshot_preview1.poll_oneoff", []uint64{0, end - 31, 1, 0}},
	} {
		var abiErr capability.ProtocolError
		if _, err := g.Raw(c.name, c.args...); !errors.As(err, &abiErr) {
			t.Errorf("%s%v = %v, want a ProtocolError", c.name, c.args, err)
		}
	}
}

func FuzzABI(f *testing.F) {
	g := everything(f)
	var names []string
	for _, fn := range append(abi.Imports(), abi.WASIImports()...) {
		names = append(names, fn.Module+"."+fn.Name)
	}
	for i := range names {
		f.Add(uint8(i), uint64(guesttest.TextAt), uint64(3), uint64(guesttest.BufAt), uint64(100), uint64(10), []byte("A\x00\x01"))
		f.Add(uint8(i), uint64(math.MaxUint32), uint64(math.MaxUint32), uint64(0), uint64(1), uint64(math.MaxUint32), []byte("../.."))
	}
	f.Fuzz(func(t *testing.T, which uint8, a, b, c, d, e uint64, input []byte) {
		name := names[int(which)%len(names)]
		if name == "wasi_snapshot_preview1.poll_oneoff" {
			return // random input is a long sleep; its edges are tested elsewhere
		}
		g.Call.Begin(t.Context(), secret.OpGet, input, func([]byte) abi.Status { return abi.OK })
		defer g.Call.End()
		g.Memory.Write(guesttest.TextAt, input[:min(len(input), 4096)])
		fn := g.Module.ExportedFunction(name)
		args := []uint64{a, b, c, d, e}[:len(fn.Definition().ParamTypes())]
		out, err := fn.Call(g.Call, args...)
		if !acceptable(err) {
			t.Fatalf("%s%v = %v", name, args, err)
		}
		if err == nil && len(out) == 1 && api.DecodeI32(out[0]) < -int32(abi.Capability) {
			t.Fatalf("%s%v = %d, which is not a status", name, args, api.DecodeI32(out[0]))
		}
	})
}
