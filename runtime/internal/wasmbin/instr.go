package wasmbin

import (
	"encoding/binary"

	"github.com/postern-project/postern/runtime/internal/wasmbin/opcode"
)

// instr is one decoded instruction. The meaning of a and b depends on imm. Labels
// and types alias buffers of the decoder and are valid until the next instruction.
type instr struct {
	op     byte
	sub    uint32 // after a prefix
	imm    immediate
	at     int // offset in the module
	a, b   uint64
	block  blockSig
	labels []uint32
	types  []ValueType
	bytes  []byte // sixteen of them
}

// blockSig is a block type: an index into the types, or one byte.
type blockSig struct {
	index   uint32
	byte    byte // when not indexed
	indexed bool
}

// noBlock is the block type without parameters and results.
const noBlock = 0x40

// decoder reads the instructions of function bodies, one body at a time.
type decoder struct {
	r      reader
	labels []uint32
	types  []ValueType
}

func (d *decoder) start(m *Module, code Range) {
	d.r = reader{b: m.bytes, pos: code.Start, end: code.End}
}

// next reads one instruction into in. It reports false at the end of the body
// and after an error, which is then in d.r.err.
func (d *decoder) next(in *instr) bool {
	r := &d.r
	if r.done() {
		return false
	}
	*in = instr{at: r.pos, op: r.byte("an instruction")}
	switch in.op {
	case opMisc:
		in.sub = r.u32("an opcode")
		in.imm = misc(in.sub)
	case opVector:
		in.sub = r.u32("an opcode")
		in.imm = vector(in.sub)
	default:
		in.imm = plain(in.op)
	}
	if in.imm == unknown && r.err == nil {
		d.unknown(in)
	}
	d.immediates(in)
	return r.err == nil
}

func (d *decoder) unknown(in *instr) {
	d.r.pos = in.at
	if in.op == opRefFunc { // the engine keeps what each makes until the instance is closed
		d.r.fail(RefusedFeature, "ref.func is accepted in element segments and globals, not in function bodies")
		return
	}
	if proposal := opcode.Proposal(in.op, in.sub); proposal != "" {
		d.r.fail(RefusedFeature, "%s are not accepted (opcode %#x)", proposal, in.op)
		return
	}
	if in.sub != 0 {
		d.r.fail(UnknownOpcode, "opcode %#x %#x is not in the accepted set", in.op, in.sub)
		return
	}
	d.r.fail(UnknownOpcode, "opcode %#x is not in the accepted set", in.op)
}

func (d *decoder) immediates(in *instr) {
	r := &d.r
	switch in.imm {
	case label, function, local, global, table, dataIndex, elemIndex:
		in.a = uint64(r.u32("an index"))
	case typeAndTable, elemAndTable, twoTables:
		in.a = uint64(r.u32("an index"))
		in.b = uint64(r.u32("a table index"))
	case dataAndZero:
		in.a = uint64(r.u32("a data index"))
		d.zero()
	case zero:
		d.zero()
	case twoZeros:
		d.zero()
		d.zero()
	case memArg, memArgLane:
		d.memArg(in)
	case lane:
		in.b = uint64(r.byte("a lane"))
	case i32:
		in.a = uint64(r.signed(32, "a constant"))
	case i64:
		in.a = uint64(r.signed(64, "a constant"))
	case f32:
		in.a = r.fixed32("a constant")
	case f64:
		in.a = r.fixed64("a constant")
	case reference:
		in.a = uint64(r.refType())
	case sixteen:
		in.bytes = r.take(16, "a vector immediate")
	case blockType:
		in.block = d.blockType()
	case types:
		d.selectTypes(in)
	case labels:
		d.branches(in)
	}
}

// zero reads a memory index, which must be zero because there is one memory.
func (d *decoder) zero() {
	if c := d.r.byte("a memory index"); c != 0 && d.r.err == nil {
		d.r.pos--
		d.r.fail(RefusedFeature, "multi-memory (memory index %d) is not accepted", c)
	}
}

func (d *decoder) memArg(in *instr) {
	r := &d.r
	align := r.u32("an alignment")
	switch {
	case r.err != nil:
		return
	case align >= 64 && align < 128:
		r.fail(RefusedFeature, "multi-memory (a memory index in an instruction) is not accepted")
	case align >= 32:
		r.fail(Malformed, "2 to the power of %d is not an alignment", align)
	}
	in.a = uint64(align) | uint64(r.u32("an offset"))<<32
	if in.imm == memArgLane {
		in.b = uint64(r.byte("a lane"))
	}
}

func (d *decoder) blockType() (s blockSig) {
	r := &d.r
	if r.pos < r.end {
		if c := r.b[r.pos]; c == noBlock || accepted(ValueType(c)) {
			r.pos++
			return blockSig{byte: c}
		}
	}
	start := r.pos
	v := r.signed(33, "a block type")
	if r.err == nil && v < 0 {
		r.pos = start
		r.fail(RefusedFeature, "block type %d (an unknown or typed reference type) is not accepted", v)
		return s
	}
	return blockSig{index: uint32(v), indexed: true}
}

func (d *decoder) selectTypes(in *instr) {
	n := d.r.count(hardArity, "types of a select")
	d.types = d.types[:0]
	for i := 0; i < n && d.r.err == nil; i++ {
		d.types = append(d.types, d.r.valueType())
	}
	in.types = d.types
}

func (d *decoder) branches(in *instr) {
	n := d.r.count(hardModuleBytes, "labels of a br_table")
	d.labels = d.labels[:0]
	for i := 0; i <= n && d.r.err == nil; i++ {
		d.labels = append(d.labels, d.r.u32("a label"))
	}
	in.labels = d.labels
}

// appendInstr writes an instruction in its shortest form, which makes rewriting
// safe: an unusual encoding that two decoders might read differently is replaced by
// what this package has understood.
func appendInstr(b []byte, in *instr) []byte {
	b = append(b, in.op)
	if in.op == opMisc || in.op == opVector {
		b = appendU32(b, in.sub)
	}
	switch in.imm {
	case label, function, local, global, table, dataIndex, elemIndex:
		b = appendU32(b, uint32(in.a))
	case typeAndTable, elemAndTable, twoTables:
		b = appendU32(appendU32(b, uint32(in.a)), uint32(in.b))
	case dataAndZero:
		b = append(appendU32(b, uint32(in.a)), 0)
	case zero:
		b = append(b, 0)
	case twoZeros:
		b = append(b, 0, 0)
	case memArg, memArgLane:
		b = appendU32(appendU32(b, uint32(in.a)), uint32(in.a>>32))
		if in.imm == memArgLane {
			b = append(b, byte(in.b))
		}
	case lane:
		b = append(b, byte(in.b))
	case i32, i64:
		b = appendS64(b, int64(in.a))
	case f32:
		b = binary.LittleEndian.AppendUint32(b, uint32(in.a))
	case f64:
		b = binary.LittleEndian.AppendUint64(b, in.a)
	case reference:
		b = append(b, byte(in.a))
	case sixteen:
		b = append(b, in.bytes...)
	case blockType:
		b = appendBlockType(b, in.block)
	case types:
		b = appendU32(b, uint32(len(in.types)))
		b = append(b, raw(in.types)...)
	case labels:
		b = appendU32(b, uint32(len(in.labels)-1))
		for _, l := range in.labels {
			b = appendU32(b, l)
		}
	}
	return b
}

func appendBlockType(b []byte, s blockSig) []byte {
	if s.indexed {
		return appendS64(b, int64(s.index))
	}
	return append(b, s.byte)
}
