package guesttest

import (
	"cmp"
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
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/secret"
)

// assemble returns a module that imports functions and exports, under
// "module.name", one function for each, which passes its parameters on.
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

// Offered returns the functions of the import modules.
func Offered(modules ...string) []abi.Func {
	offered := append(abi.Imports(), abi.WASIImports()...)
	return slices.DeleteFunc(offered, func(f abi.Func) bool { return !slices.Contains(modules, f.Module) })
}

// Guest calls host functions through a module that passes its parameters on.
type Guest struct {
	Set    *capability.Set
	Call   *capability.Call
	Module api.Module
	Memory api.Memory
	t      testing.TB
}

// Pages is the size of the guest's memory in pages of 64 KiB.
const Pages = 16

// Where the guest keeps what it passes.
const (
	TextAt  = 1 << 10
	DataAt  = 32 << 10
	BufAt   = 64 << 10
	BufSize = (Pages - 1) << 16
)

// Open returns a Set with the limits of a provider where o has none.
func Open(t testing.TB, o capability.Options, g all.Grants) *capability.Set {
	t.Helper()
	set, err := TryOpen(o, g)
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(func() { set.Close() })
	return set
}

// TryOpen is Open for options that may be refused.
func TryOpen(o capability.Options, g all.Grants) (*capability.Set, error) {
	o.MaxValue, o.MaxStore = cmp.Or(o.MaxValue, 1<<20), cmp.Or(o.MaxStore, 16<<20)
	o.MaxKeys, o.MaxListing = cmp.Or(o.MaxKeys, 100_000), cmp.Or(o.MaxListing, 16<<20)
	o.MaxCall = cmp.Or(o.MaxCall, 64<<20)
	return all.Open(o, g)
}

// New links what g grants and begins a call.
func New(t testing.TB, o capability.Options, g all.Grants) *Guest {
	t.Helper()
	modules := []string{abi.ModuleCore, abi.ModuleKV, abi.ModuleWASI}
	if len(g.Env) > 0 {
		modules = append(modules, abi.ModuleEnv)
	}
	if len(g.Files) > 0 {
		modules = append(modules, abi.ModuleFile)
	}
	return Instantiate(t, Open(t, o, g), modules...)
}

// Instantiate runs a guest in the interpreter, which needs no compiling, and
// begins a call.
func Instantiate(t testing.TB, set *capability.Set, modules ...string) *Guest {
	t.Helper()
	return InstantiateOn(t, wazero.NewRuntimeConfigInterpreter(), set, modules...)
}

// InstantiateOn is Instantiate with another engine.
func InstantiateOn(t testing.TB, engine wazero.RuntimeConfig, set *capability.Set, modules ...string) *Guest {
	t.Helper()
	ctx := t.Context()
	r := wazero.NewRuntimeWithConfig(ctx, engine)
	t.Cleanup(func() { r.Close(context.Background()) })
	if err := set.Link(ctx, r, modules); err != nil {
		t.Fatalf("Link(%q) = %v", modules, err)
	}
	mod, err := r.Instantiate(ctx, assemble(Offered(modules...), Pages))
	if err != nil {
		t.Fatalf("instantiate the guest: %v", err)
	}
	g := &Guest{Set: set, Call: set.NewCall(), Module: mod, Memory: mod.Memory(), t: t}
	g.Begin(ctx)
	return g
}

// Begin begins a get that has no request.
func (g *Guest) Begin(ctx context.Context) {
	g.Call.Begin(ctx, secret.OpGet, nil, nil)
	g.Call.LimitLog(g.Set.LogLevels(ctx))
}

// Raw calls a host function, named "module.function".
func (g *Guest) Raw(name string, args ...uint64) ([]uint64, error) {
	return g.Module.ExportedFunction(name).Call(g.Call, args...)
}

// Do calls a host function that must return an i32.
func (g *Guest) Do(name string, args ...uint64) int32 {
	g.t.Helper()
	out, err := g.Raw(name, args...)
	if err != nil {
		g.t.Fatalf("%s%v = %v", name, args, err)
	}
	return api.DecodeI32(out[0])
}

// Put writes text into the guest's memory and returns its pointer and length.
func (g *Guest) Put(at int, text string) (ptr, n uint64) {
	g.t.Helper()
	if !g.Memory.WriteString(uint32(at), text) {
		g.t.Fatalf("%d bytes do not fit into the guest", len(text))
	}
	return uint64(at), uint64(len(text))
}

// Ask calls a function of (text, buf) and returns what it wrote.
func (g *Guest) Ask(name, text string) (string, abi.Status) {
	g.t.Helper()
	ptr, n := g.Put(TextAt, text)
	got := g.Do(name, ptr, n, BufAt, BufSize)
	if got < 0 {
		return "", abi.Status(-got)
	}
	b, ok := g.Memory.Read(BufAt, uint32(got))
	if !ok || got > BufSize {
		g.t.Fatalf("%s(%q) = %d, more than the buffer", name, text, got)
	}
	return string(b), abi.OK
}

// Send calls a function of (text, data).
func (g *Guest) Send(name, text, data string) abi.Status {
	g.t.Helper()
	ptr, n := g.Put(TextAt, text)
	at, size := g.Put(DataAt, data)
	return abi.Status(-g.Do(name, ptr, n, at, size))
}

// Name calls a function of (text).
func (g *Guest) Name(name, text string) abi.Status {
	g.t.Helper()
	ptr, n := g.Put(TextAt, text)
	return abi.Status(-g.Do(name, ptr, n))
}

// Log calls the log function.
func (g *Guest) Log(level abi.Level, text string) {
	g.t.Helper()
	ptr, n := g.Put(BufAt, text)
	if _, err := g.Raw("postern_v1.log", uint64(uint32(level)), ptr, n); err != nil {
		g.t.Fatal(err)
	}
}

// Fields returns the texts of all fields with the tag.
func Fields(t testing.TB, list string, tag abi.Tag) []string {
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

// WantCode fails unless err is a *secret.Error with the code whose text has all
// the words.
func WantCode(t testing.TB, what string, err error, code secret.Code, words ...string) {
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

// Later is a clock that is ahead of every file, so that no read waits for a file
// to settle.
func Later() time.Time { return time.Now().Add(time.Hour) }

// Environ returns a fixed environment.
func Environ(vars ...string) func() []string {
	return func() []string { return vars }
}
