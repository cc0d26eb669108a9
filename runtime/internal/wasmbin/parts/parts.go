// Package parts writes the functions that do instructions on much memory in parts. A guest
// cannot be stopped within an instruction, and one on a gigabyte takes seconds.
package parts

import (
	"encoding/binary"
	"slices"
)

const (
	// WholePages is the size of the largest memory, in pages of 64 KiB, on which each
	// instruction is done at once: on all of it, one takes milliseconds.
	WholePages = 256
	// Bytes is how long a part is: the smallest slice of fuel pays for it.
	Bytes = 1 << 20
)

// The opcodes of the instructions, after their prefix.
const (
	memoryInit = 0x08
	memoryCopy = 0x0a
	memoryFill = 0x0b
)

// Function is a function (i32, i32, i32) -> () that does one instruction in parts. It traps
// where that does. If the end of a data segment is exceeded, a part of the bytes is written
// by then: nobody sees that, because an instance that has trapped is not used again.
type Function struct {
	Op      uint32
	Segment uint64 // of memory.init
}

// Functions returns the functions of a module whose memory can grow to so many pages, with
// data segments of these sizes.
func Functions(pages int, segments []int) []Function {
	if pages <= WholePages {
		return nil
	}
	out := []Function{{Op: memoryFill}, {Op: memoryCopy}}
	for i, size := range segments {
		if size > WholePages<<16 {
			out = append(out, Function{memoryInit, uint64(i)})
		}
	}
	return out
}

// Index returns which of the functions does an instruction, or -1.
func Index(functions []Function, op uint32, segment uint64) int {
	return slices.Index(functions, Function{op, segment})
}

// Name returns the name of the function in traces, without a prefix.
func (f Function) Name() string {
	switch f.Op {
	case memoryInit:
		return "init"
	case memoryCopy:
		return "copy"
	}
	return "fill"
}

// The locals of a function.
const (
	to     = iota
	from   // of memory.fill: the byte
	Length // of what is left
	Free   // an i64 for the charges
)

const (
	opBlock, opLoop, opIf, opElse, opEnd, opBrIf = 0x02, 0x03, 0x04, 0x05, 0x0b, 0x0d
	opLocalGet, opLocalSet                       = 0x20, 0x21
	opMemorySize                                 = 0x3f
	opI32Const, opI64Const                       = 0x41, 0x42
	opI32GtU, opI32LeU, opI32Add, opI32Sub       = 0x4b, 0x4d, 0x6a, 0x6b
	opI64GtU, opI64Add, opI64Shl, opI64ExtendU   = 0x56, 0x7c, 0x86, 0xad
	opMisc                                       = 0xfc

	noBlock = 0x40
	i64     = 0x7e
)

// Body returns the body of the function. Part appends code that charges for a part, and
// rest code that charges for as many bytes as Length says.
func (f Function) Body(part, rest func([]byte) []byte) []byte {
	b := []byte{1, 1, i64}
	// What exceeds the memory is left to the instruction itself, which then traps. So no
	// address overflows below.
	b = append(b, opBlock, noBlock)
	b = append(size(append(b, opLocalGet, Length)), opI32LeU, opBrIf, 0)
	b = append(outside(b, to), opBrIf, 0)
	if f.Op == memoryCopy {
		b = append(outside(b, from), opBrIf, 0)
		// Where the two overlap, what a part overwrites must have been copied before.
		b = append(b, opLocalGet, to, opLocalGet, from, opI32GtU, opIf, noBlock)
		b = append(f.loop(b, part, true), opElse)
		b = append(f.loop(b, part, false), opEnd)
	} else {
		b = f.loop(b, part, false)
	}
	b = rest(append(b, opEnd))
	b = append(b, opLocalGet, to, opLocalGet, from, opLocalGet, Length)
	return append(f.instruction(b), opEnd)
}

// loop appends a loop that does parts, the first or the last ones of what is left, until
// that is not longer than a part.
func (f Function) loop(b []byte, part func([]byte) []byte, last bool) []byte {
	b = part(append(b, opLoop, noBlock))
	if last {
		b = shift(b, Length, opI32Sub)
		b = append(b, opLocalGet, to, opLocalGet, Length, opI32Add)
		b = append(b, opLocalGet, from, opLocalGet, Length, opI32Add)
		b = f.instruction(size(b))
	} else {
		b = f.instruction(size(append(b, opLocalGet, to, opLocalGet, from)))
		b = shift(shift(b, Length, opI32Sub), to, opI32Add)
		if f.Op != memoryFill {
			b = shift(b, from, opI32Add)
		}
	}
	return append(size(append(b, opLocalGet, Length)), opI32GtU, opBrIf, 0, opEnd)
}

// instruction appends the instruction, whose operands are on the stack.
func (f Function) instruction(b []byte) []byte {
	b = append(b, opMisc, byte(f.Op))
	switch f.Op {
	case memoryInit:
		return append(binary.AppendUvarint(b, f.Segment), 0)
	case memoryCopy:
		return append(b, 0, 0)
	}
	return append(b, 0)
}

// shift appends code that adds the size of a part to a local, or subtracts it.
func shift(b []byte, local, op byte) []byte {
	return append(size(append(b, opLocalGet, local)), op, opLocalSet, local)
}

// size appends the size of a part: 1<<20 as a signed number.
func size(b []byte) []byte { return append(b, opI32Const, 0x80, 0x80, 0xc0, 0x00) }

// outside appends code that leaves 1 on the stack if the bytes from an address exceed the
// memory, and else 0.
func outside(b []byte, address byte) []byte {
	b = append(b, opLocalGet, address, opI64ExtendU, opLocalGet, Length, opI64ExtendU, opI64Add)
	return append(b, opMemorySize, 0, opI64ExtendU, opI64Const, 16, opI64Shl, opI64GtU)
}
