package cost_test

import (
	"testing"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/runtime/internal/wasmbin/cost"
	"github.com/postern-project/postern/runtime/internal/wasmbin/parts"
)

// A module that works on much memory in parts costs no more than preflight has reckoned
// with, but for the functions that do so.
func TestTM006PartsAreReckonedWith(t *testing.T) {
	t.Parallel()
	const functions = 0.01 // seconds that they take at most
	bulk := func(code string) func(n int) *assembler {
		return func(n int) *assembler { return many(newAssembler(), 1+n/100, 0, rep(code, min(n, 100))) }
	}
	for name, module := range map[string]func(n int) *assembler{
		"fill":          bulk("\x41\x00\x41\x00\x41\x00\xfc\x0b\x00"),
		"copy":          bulk("\x41\x00\x41\x00\x41\x00\xfc\x0a\x00\x00"),
		"copy in loops": bulk("\x03\x40\x41\x00\x41\x00\x41\x00\xfc\x0a\x00\x00\x0b"),
		"copy of loads": bulk(load + load + load + "\xfc\x0a\x00\x00"),
		"beside globals": func(n int) *assembler {
			m := newAssembler()
			m.variables(900, true)
			return many(m, 1, 0, rep("\x41\x00\x41\x00\x41\x00\xfc\x0a\x00\x00", n))
		},
	} {
		for _, n := range []int{1, 1000, 20_000} {
			m, err := wasmbin.Parse(module(n).bytes())
			if err != nil {
				t.Fatal(err)
			}
			whole, inParts := estimate(t, m, parts.WholePages), estimate(t, m, 1<<16)
			t.Logf("%s, %d: %.3f s and %.0f MiB at once, %.3f s and %.0f MiB in parts", name, n, whole.Seconds, whole.MiB, inParts.Seconds, inParts.MiB)
			if inParts.Seconds > whole.Seconds+functions || inParts.MiB > whole.MiB+4 || inParts.FunctionSeconds > whole.FunctionSeconds+functions {
				t.Errorf("%s, %d: in parts it costs %+v, at once %+v", name, n, inParts, whole)
			}
		}
	}
}

// estimate weighs what Meter makes of a module.
func estimate(t *testing.T, m *wasmbin.Module, pages int) cost.Estimate {
	t.Helper()
	metered, err := wasmbin.Meter(m, pages)
	if err != nil {
		t.Fatal(err)
	}
	out, err := wasmbin.Parse(metered.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	module := wasmbin.Appraised(m)
	module.Functions, module.Defined, module.Types = out.Functions, len(out.Bodies), nil
	for _, f := range out.Types {
		module.Types = append(module.Types, cost.Type{Params: len(f.Params), Results: len(f.Results)})
	}
	model := cost.New(module, cost.Limits{})
	for i, b := range out.Bodies {
		index := out.ImportedFunctions() + i
		model.Begin(cost.Body{Index: uint32(index), Type: out.Functions[index], Locals: b.Locals, Private: min(2, int(b.Locals))})
		model.End(metered.Bytes[b.Code.Start:b.Code.End])
	}
	return model.Estimate()
}
