// Package opcode describes instructions that are not described by their immediates: how long
// they take, and to which proposal one belongs that is not accepted.
package opcode

// Opcodes that are prefixes of another one, sub.
const (
	misc   = 0xfc
	vector = 0xfd
	atomic = 0xfe

	lastConversion = 0x07 // with the prefix misc
)

// The weights of instructions that take longer than a plain one, as measured.
const (
	weightFloat  = 2  // arithmetic of floats, loads from the caches
	weightRound  = 4  // floats to whole floats
	weightVector = 4  // most vector instructions: some are sequences of many
	weightSlow   = 8  // conversions to integers, products of lanes
	weightDivide = 16 // divisions and roots, which older processors do even slower
)

// Weight returns how many plain instructions take as long, without the work that grows with
// an operand.
func Weight(op byte, sub uint32) int {
	switch {
	case op == vector:
		return vectorWeight(sub)
	case op == misc && sub <= lastConversion, op >= 0xa8 && op <= 0xab, op >= 0xae && op <= 0xb1: // floats to integers
		return weightSlow
	case op >= 0x6d && op <= 0x70, op >= 0x7f && op <= 0x82, op == 0x91, op == 0x95, op == 0x9f, op == 0xa3: // div, rem, sqrt
		return weightDivide
	case op >= 0x8d && op <= 0x90, op >= 0x9b && op <= 0x9e: // ceil, floor, trunc, nearest
		return weightRound
	case op >= 0x28 && op <= 0x35, op == 0x45, op >= 0x8b && op <= 0xa6, op >= 0xb2 && op <= 0xbb: // loads, i32.eqz, floats
		return weightFloat
	}
	return 1
}

func vectorWeight(sub uint32) int {
	switch {
	case sub == 0xe3, sub == 0xe7, sub == 0xef, sub == 0xf3: // sqrt, div
		return weightDivide
	case sub >= 0xf8, sub == 0xe8, sub == 0xe9, sub == 0xf4, sub == 0xf5, // conversions, min, max
		sub >= 0x9c && sub <= 0x9f, sub >= 0xbc && sub <= 0xbf, sub >= 0xdc && sub <= 0xdf, sub == 0xd5: // products
		return weightSlow
	}
	return weightVector
}

// Proposal returns the proposal that an unknown opcode belongs to, or "".
func Proposal(op byte, sub uint32) string {
	switch {
	case op >= 0x06 && op <= 0x0a, op == 0x18, op == 0x19, op == 0x1f:
		return "exception handling"
	case op == 0x12, op == 0x13, op == 0x15:
		return "tail calls"
	case op == 0x14, op >= 0xd3 && op <= 0xd6:
		return "typed references"
	case op == 0xfb:
		return "garbage collection"
	case op == atomic:
		return "threads (atomic instructions)"
	case op == vector && sub >= 0x100 && sub < 0x200:
		return "relaxed vector instructions"
	case op == misc && sub >= 0x13 && sub <= 0x16:
		return "wide arithmetic"
	}
	return ""
}
