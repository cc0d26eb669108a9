package cost_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/runtime/internal/wasmbin/cost"
	"github.com/postern-project/postern/runtime/internal/wasmbin/parts"
)

// operands are values of each type.
var operands = []string{"\x41\x00", "\x42\x00", "\x43\x00\x00\x00\x00", "\x44\x00\x00\x00\x00\x00\x00\x00\x00", "\x41\x00\xfd\x0f", "\xd0\x70", "\xd0\x6f"}

// immediates are what may follow an opcode; all of the first ones are tried.
var immediates = []string{"", "\x00", "\x00\x00", "\x01", "\x00\x00\x00", "\x70", "\x00\x00\x00\x00", "\x00\x00\x00\x00\x00\x00\x00\x00",
	"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"}

// The table of operands is exact: for each instruction that preflight accepts, the
// engine accepts a function that gives it so many operands and drops so many results.
// Too large a count would make the model refuse honest modules, and too small a count
// would let expensive ones pass.
func TestTM006HeightsAreExact(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	engine := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(api.CoreFeaturesV2))
	defer engine.Close(ctx)
	known := 0
	for _, prefix := range []byte{0, 0xfc, 0xfd} {
		for op := range 256 {
			if prefix == 0 && op >= 0xfc { // prefixes
				continue
			}
			if _, ok := cost.Height(prefix, byte(op)); !ok || !accepts(prefix, byte(op)) {
				continue
			}
			known++
			if !balanced(ctx, engine, prefix, byte(op)) {
				t.Errorf("opcode %#x %#x does not take %d operands and change the height by what the table says", prefix, op, cost.Pops(prefix, byte(op)))
			}
		}
	}
	if known < 400 {
		t.Errorf("%d instructions were tried, want more than 400", known)
	}
}

func instruction(prefix, op byte, immediate string) string {
	if prefix == 0 {
		return string([]byte{op}) + immediate
	}
	return string([]byte{prefix}) + leb(int(op)) + immediate
}

// accepts reports whether preflight accepts the opcode with some immediates.
func accepts(prefix, op byte) bool {
	for _, im := range immediates {
		if _, err := wasmbin.Parse(tried(instruction(prefix, op, im)).bytes()); err != nil {
			panic(err)
		}
		m, _ := wasmbin.Parse(tried(instruction(prefix, op, im)).bytes())
		if wasmbin.Check(m, wasmbin.Limits{}) == nil {
			return true
		}
	}
	return false
}

func tried(code string) *assembler {
	m := newAssembler()
	m.tables = true
	m.variables(1, true)
	m.add(typeNone, 0, i32, code)
	return m
}

// balanced reports whether the engine accepts an instruction with operands of some
// types, and as many results as the table says.
func balanced(ctx context.Context, engine wazero.Runtime, prefix, op byte) bool {
	pops := cost.Pops(prefix, op)
	height, _ := cost.Height(prefix, op)
	for _, im := range immediates {
		if n := cost.Skip(prefix, op, []byte(im)); n != len(im) {
			continue
		}
		for n := range power(len(operands), pops) {
			code := ""
			for range pops {
				code += operands[n%len(operands)]
				n /= len(operands)
			}
			b := tried(code + instruction(prefix, op, im) + rep(drop, pops+height)).bytes()
			if c, err := engine.CompileModule(ctx, b); err == nil {
				c.Close(ctx)
				return true
			}
		}
	}
	return false
}

func power(base, n int) int {
	p := 1
	for range n {
		p *= base
	}
	return p
}

// The model gets the types, functions and globals of the module that Meter makes.
func TestAppraisedIsWhatIsMetered(t *testing.T) {
	t.Parallel()
	for _, c := range bombs {
		m, err := wasmbin.Parse(c.module(0.01).bytes())
		if err != nil {
			t.Fatal(err)
		}
		metered, err := wasmbin.Meter(m, parts.WholePages)
		if err != nil {
			t.Fatal(err)
		}
		want, err := wasmbin.Parse(metered.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		have := wasmbin.Appraised(m)
		mutable := 0
		for _, g := range want.Globals {
			if g.Mutable {
				mutable++
			}
		}
		var types []cost.Type
		for _, f := range want.Types {
			types = append(types, cost.Type{Params: len(f.Params), Results: len(f.Results)})
		}
		if fmt.Sprint(have.Types) != fmt.Sprint(types) || fmt.Sprint(have.Functions) != fmt.Sprint(want.Functions) ||
			have.Defined != len(want.Bodies) || have.Globals != len(want.Globals) || have.Mutable != mutable {
			t.Errorf("%s: appraised %d types, %d functions, %d bodies, %d globals of which %d are mutable; metered %d, %d, %d, %d, %d", c.name, len(have.Types),
				len(have.Functions), have.Defined, have.Globals, have.Mutable, len(want.Types), len(want.Functions), len(want.Bodies), len(want.Globals), mutable)
		}
	}
}
