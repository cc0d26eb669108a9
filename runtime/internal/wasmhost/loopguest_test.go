package wasmhost_test

import (
	"encoding/binary"
	"slices"

	"github.com/postern-project/postern/runtime/abi"
)

// loopGuest is a module whose postern_get and postern_keys call host functions
// without end. Its memory is 16 MiB, as much as a module may have by default.
type loopGuest struct {
	data  map[int]string // what the memory holds, by address
	once  []byte         // code that runs before the loop
	loop  []byte         // code that runs without end
	calls []abi.Func     // what the code calls
	ends  abi.Status     // what it returns instead of looping, unless it is 0
}

const loopPages = 256

// callOf returns code that calls a host function, named "module.function", with
// constants, and drops the result.
func (g *loopGuest) callOf(name string, args ...int) []byte {
	return g.callWith(name, func(i int) []byte { return i32(args[i]) })
}

// callWith is callOf with arguments that are made by code.
func (g *loopGuest) callWith(name string, arg func(i int) []byte) []byte {
	all := append(abi.Imports(), abi.WASIImports()...)
	f := all[slices.IndexFunc(all, func(f abi.Func) bool { return f.Module+"."+f.Name == name })]
	index := slices.IndexFunc(g.calls, func(known abi.Func) bool { return known.Module == f.Module && known.Name == f.Name })
	if index < 0 {
		index = len(g.calls)
		g.calls = append(g.calls, f)
	}
	var code []byte
	for i, p := range f.Params {
		code = append(code, arg(i)...)
		if p == abi.I64 {
			code = append(code, 0xad) // i64.extend_i32_u
		}
	}
	code = binary.AppendUvarint(append(code, 0x10), uint64(index))
	if len(f.Results) > 0 {
		code = append(code, 0x1a) // drop
	}
	return code
}

// repeat returns code that runs body with the local 0 from 0 up to limit in steps.
func repeat(limit, step int, body []byte) []byte {
	code := append(i32(0), 0x21, 0)                             // local.set 0
	code = append(append(code, 0x03, 0x40), body...)            // loop
	code = append(append(code, 0x20, 0), i32(step)...)          // local.get 0
	code = append(append(code, 0x6a, 0x22, 0), i32(limit)...)   // i32.add, local.tee 0
	return append(append(code, 0x49, 0x0d, 0, 0x0b), i32(0)...) // i32.lt_u, br_if 0, end
}

// dropped is repeat, with its result dropped.
func dropped(code []byte) []byte { return append(code, 0x1a) }

func i32(n int) []byte {
	out := []byte{0x41}
	for v := int32(n); ; {
		b := byte(v & 0x7f)
		v >>= 7
		if v == 0 && b&0x40 == 0 || v == -1 && b&0x40 != 0 {
			return append(out, b)
		}
		out = append(out, b|0x80)
	}
}

// wasm returns the module.
func (g *loopGuest) wasm() []byte {
	vec := func(items ...[]byte) []byte {
		return append(binary.AppendUvarint(nil, uint64(len(items))), slices.Concat(items...)...)
	}
	sized := func(b []byte) []byte { return append(binary.AppendUvarint(nil, uint64(len(b))), b...) }
	types := func(ts []abi.Type) []byte {
		out := binary.AppendUvarint(nil, uint64(len(ts)))
		for _, t := range ts {
			out = append(out, byte(t))
		}
		return out
	}
	var typeItems, importItems, exportItems, dataItems [][]byte
	for i, f := range g.calls {
		typeItems = append(typeItems, slices.Concat([]byte{0x60}, types(f.Params), types(f.Results)))
		item := slices.Concat(sized([]byte(f.Module)), sized([]byte(f.Name)), []byte{0})
		importItems = append(importItems, binary.AppendUvarint(item, uint64(i)))
	}
	n := uint64(len(g.calls))
	typeItems = append(typeItems, []byte{0x60, 0, 1, 0x7f})
	for _, name := range []string{abi.ExportGet, abi.ExportKeys, abi.ExportSet} {
		exportItems = append(exportItems, binary.AppendUvarint(append(sized([]byte(name)), 0), n))
	}
	exportItems = append(exportItems, append(sized([]byte("memory")), 2, 0))
	end := slices.Concat([]byte{0x03, 0x40}, g.loop, []byte{0x0c, 0, 0x0b}, i32(0)) // loop, br 0, end
	if g.ends != abi.OK {
		end = i32(int(g.ends))
	}
	body := slices.Concat([]byte{1, 1, 0x7f}, g.once, end, []byte{0x0b})
	for at, text := range g.data {
		dataItems = append(dataItems, slices.Concat([]byte{0}, i32(at), []byte{0x0b}, sized([]byte(text))))
	}
	out := []byte("\x00asm\x01\x00\x00\x00")
	for _, s := range []struct {
		id   byte
		body []byte
	}{
		{1, vec(typeItems...)}, {2, vec(importItems...)}, {3, vec(binary.AppendUvarint(nil, n))},
		{5, vec(binary.AppendUvarint([]byte{0}, loopPages))}, {7, vec(exportItems...)}, {10, vec(sized(body))}, {11, vec(dataItems...)},
	} {
		out = append(append(out, s.id), sized(s.body)...)
	}
	return out
}
