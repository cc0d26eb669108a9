package capability_test

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/secret"
)

// assemble returns a module that imports functions and exports, under
// "module.name", one function for each that passes its parameters on.
func assemble(imports []abi.Func, pages int) []byte {
	str := func(s string) []byte { return append(binary.AppendUvarint(nil, uint64(len(s))), s...) }
	types := func(ts []abi.Type) []byte {
		out := binary.AppendUvarint(nil, uint64(len(ts)))
		for _, t := range ts {
			out = append(out, byte(t))
		}
		return out
	}
	module := []byte("\x00asm\x01\x00\x00\x00")
	section := func(id byte, count int, body []byte) {
		body = append(binary.AppendUvarint(nil, uint64(count)), body...)
		module = append(append(append(module, id), binary.AppendUvarint(nil, uint64(len(body)))...), body...)
	}
	var typeSec, importSec, funcSec, exportSec, codeSec []byte
	for i, f := range imports {
		index := binary.AppendUvarint(nil, uint64(i))
		typeSec = append(append(append(typeSec, 0x60), types(f.Params)...), types(f.Results)...)
		importSec = append(append(append(importSec, str(f.Module)...), str(f.Name)...), 0)
		importSec = append(importSec, index...)
		funcSec = append(funcSec, index...)
		exportSec = append(append(exportSec, str(f.Module+"."+f.Name)...), 0)
		exportSec = binary.AppendUvarint(exportSec, uint64(len(imports)+i))
		code := []byte{0} // no locals
		for p := range f.Params {
			code = append(code, 0x20, byte(p)) // local.get
		}
		code = append(append(append(code, 0x10), index...), 0x0b) // call, end
		codeSec = append(binary.AppendUvarint(codeSec, uint64(len(code))), code...)
	}
	exportSec = append(append(exportSec, str("memory")...), 2, 0)
	section(1, len(imports), typeSec)
	section(2, len(imports), importSec)
	section(3, len(imports), funcSec)
	section(5, 1, append([]byte{0}, binary.AppendUvarint(nil, uint64(pages))...))
	section(7, len(imports)+1, exportSec)
	section(10, len(imports), codeSec)
	return module
}

// offered returns the functions of the modules.
func offered(modules ...string) []abi.Func {
	all := append(abi.Imports(), abi.WASIImports()...)
	return slices.DeleteFunc(all, func(f abi.Func) bool { return !slices.Contains(modules, f.Module) })
}

// guest drives host functions through a module that passes everything on.
type guest struct {
	t    testing.TB
	set  *capability.Set
	call *capability.Call
	mod  api.Module
	mem  api.Memory
}

const guestPages = 16

// newGuest links what o grants and begins a call.
func newGuest(t testing.TB, o capability.Options) *guest {
	t.Helper()
	modules := []string{abi.ModuleCore, abi.ModuleKV, abi.ModuleWASI}
	if len(o.Grant.Env) > 0 {
		modules = append(modules, abi.ModuleEnv)
	}
	if len(o.Grant.Files) > 0 {
		modules = append(modules, abi.ModuleFile)
	}
	set, err := capability.Open(o)
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(func() { set.Close() })
	return instantiate(t, set, modules)
}

// instantiate runs a guest in the interpreter, which needs no compiling.
func instantiate(t testing.TB, set *capability.Set, modules []string) *guest {
	t.Helper()
	return instantiateOn(t, wazero.NewRuntimeConfigInterpreter(), set, modules)
}

func instantiateOn(t testing.TB, engine wazero.RuntimeConfig, set *capability.Set, modules []string) *guest {
	t.Helper()
	ctx := t.Context()
	r := wazero.NewRuntimeWithConfig(ctx, engine)
	t.Cleanup(func() { r.Close(context.Background()) })
	if err := set.Link(ctx, r, modules); err != nil {
		t.Fatalf("Link(%q) = %v", modules, err)
	}
	mod, err := r.Instantiate(ctx, assemble(offered(modules...), guestPages))
	if err != nil {
		t.Fatalf("instantiate the guest: %v", err)
	}
	g := &guest{t: t, set: set, call: set.NewCall(), mod: mod, mem: mod.Memory()}
	g.begin(ctx)
	return g
}

func (g *guest) begin(ctx context.Context) { g.call.Begin(ctx, secret.OpGet, nil, nil) }

// raw calls a host function.
func (g *guest) raw(name string, args ...uint64) ([]uint64, error) {
	return g.mod.ExportedFunction(name).Call(g.call, args...)
}

// do calls a host function that must return an i32.
func (g *guest) do(name string, args ...uint64) int32 {
	g.t.Helper()
	out, err := g.raw(name, args...)
	if err != nil {
		g.t.Fatalf("%s%v = %v", name, args, err)
	}
	return api.DecodeI32(out[0])
}

// Where the guest keeps what it passes.
const (
	textAt  = 1 << 10
	dataAt  = 32 << 10
	bufAt   = 64 << 10
	bufSize = (guestPages - 1) << 16
)

func (g *guest) put(at int, text string) (ptr, n uint64) {
	g.t.Helper()
	if !g.mem.WriteString(uint32(at), text) {
		g.t.Fatalf("%d bytes do not fit into the guest", len(text))
	}
	return uint64(at), uint64(len(text))
}

// ask calls a function of (text, buf) and returns what it wrote.
func (g *guest) ask(name, text string) (string, abi.Status) {
	g.t.Helper()
	ptr, n := g.put(textAt, text)
	got := g.do(name, ptr, n, bufAt, bufSize)
	if got < 0 {
		return "", abi.Status(-got)
	}
	b, ok := g.mem.Read(bufAt, uint32(got))
	if !ok || got > bufSize {
		g.t.Fatalf("%s(%q) = %d, more than the buffer", name, text, got)
	}
	return string(b), abi.OK
}

// tell calls a function of (text, data).
func (g *guest) tell(name, text, data string) abi.Status {
	g.t.Helper()
	ptr, n := g.put(textAt, text)
	at, size := g.put(dataAt, data)
	return abi.Status(-g.do(name, ptr, n, at, size))
}

func (g *guest) remove(name, text string) abi.Status {
	g.t.Helper()
	ptr, n := g.put(textAt, text)
	return abi.Status(-g.do(name, ptr, n))
}

// fields returns the texts of all fields with the tag.
func fields(t testing.TB, list string, tag abi.Tag) []string {
	t.Helper()
	var out []string
	for f, err := range abi.Fields([]byte(list)) {
		if err != nil {
			t.Fatalf("Fields(%q) = %v", list, err)
		}
		if f.Tag == tag {
			out = append(out, string(f.Value))
		}
	}
	return out
}

func wantCode(t *testing.T, what string, err error, code secret.Code, words ...string) {
	t.Helper()
	var e *secret.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("%s = %v, want %v", what, err, code)
		return
	}
	for _, w := range words {
		if !strings.Contains(e.Error(), w) {
			t.Errorf("%s = %q, want %q in it", what, e, w)
		}
	}
}

// later is a clock that is ahead of every file: nothing has to settle.
func later() time.Time { return time.Now().Add(time.Hour) }

// environ returns a fixed environment.
func environ(vars ...string) func() []string {
	return func() []string { return vars }
}
