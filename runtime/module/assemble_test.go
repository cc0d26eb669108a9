package module_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/postern-project/postern/runtime/module"
)

// wasm describes a small module in which every function has its own type.
type wasm struct {
	imports []function
	exports []function // of functions that return 0
	memory  string     // name of the exported memory, "" if it is not exported
	noMem   bool
	custom  [][2]string // name and payload
}

type function struct {
	module, name    string
	params, results string // types as in the binary format, such as "\x7f"
}

const i32 = "\x7f"

// plain is the smallest module that a host loads.
func plain() wasm {
	return wasm{memory: "memory", exports: []function{{name: "postern_get", results: i32}}}
}

func (w wasm) bytes() []byte {
	var types, imports, functions, exports, code [][]byte
	for i, f := range append(append([]function{}, w.imports...), w.exports...) {
		types = append(types, cat("\x60", vec(f.params), vec(f.results)))
		if f.module != "" {
			imports = append(imports, cat(vec(f.module), vec(f.name), "\x00", leb(i)))
			continue
		}
		functions = append(functions, leb(i))
		exports = append(exports, cat(vec(f.name), "\x00", leb(i)))
		body := cat("\x00\x0b")
		if f.results != "" {
			body = cat("\x00\x41\x00\x0b")
		}
		code = append(code, cat(leb(len(body)), body))
	}
	b := []byte("\x00asm\x01\x00\x00\x00")
	b = section(b, 1, types)
	b = section(b, 2, imports)
	b = section(b, 3, functions)
	if !w.noMem {
		b = section(b, 5, [][]byte{[]byte("\x01\x01\x02")})
	}
	if w.memory != "" {
		exports = append(exports, cat(vec(w.memory), "\x02\x00"))
	}
	b = section(b, 7, exports)
	b = section(b, 10, code)
	for _, c := range w.custom {
		content := cat(vec(c[0]), c[1])
		b = cat(b, "\x00", leb(len(content)), content)
	}
	return b
}

func section(b []byte, id byte, items [][]byte) []byte {
	if len(items) == 0 {
		return b
	}
	content := cat(leb(len(items)), bytes.Join(items, nil))
	return cat(b, string(id), leb(len(content)), content)
}

func vec(s string) []byte { return cat(leb(len(s)), s) }

func leb(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) }

func cat(parts ...any) []byte {
	var b []byte
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b = append(b, p...)
		case []byte:
			b = append(b, p...)
		}
	}
	return b
}

// reason returns the reason of an error of this package.
func reason(t *testing.T, err error) module.Reason {
	t.Helper()
	if err == nil {
		return ""
	}
	var e *module.Error
	if !errors.As(err, &e) {
		t.Fatalf("%T is not a *module.Error: %v", err, err)
	}
	if !errors.Is(err, &module.Error{Reason: e.Reason}) {
		t.Errorf("errors.Is does not compare the reason of %v", err)
	}
	return e.Reason
}
