package wasmbin

// Opcodes that the code uses by name. All others matter only for their immediates.
const (
	opUnreachable  = 0x00
	opBlock        = 0x02
	opLoop         = 0x03
	opIf           = 0x04
	opElse         = 0x05
	opEnd          = 0x0b
	opBr           = 0x0c
	opBrIf         = 0x0d
	opBrTable      = 0x0e
	opReturn       = 0x0f
	opCall         = 0x10
	opCallIndirect = 0x11
	opLocalGet     = 0x20
	opLocalSet     = 0x21
	opLocalTee     = 0x22
	opGlobalGet    = 0x23
	opGlobalSet    = 0x24
	opTableSet     = 0x26
	opMemoryGrow   = 0x40
	opI32Const     = 0x41
	opI64Const     = 0x42
	opF32Const     = 0x43
	opF64Const     = 0x44
	opI64LtS       = 0x53
	opI64Sub       = 0x7d
	opI64Shl       = 0x86
	opI64ShrU      = 0x88
	opI64ExtendU   = 0xad
	opRefNull      = 0xd0
	opRefFunc      = 0xd2
	opMisc         = 0xfc
	opVector       = 0xfd

	miscLastConversion = 0x07

	miscMemoryInit = 0x08
	miscDataDrop   = 0x09
	miscMemoryCopy = 0x0a
	miscMemoryFill = 0x0b
	miscTableInit  = 0x0c
	miscElemDrop   = 0x0d
	miscTableCopy  = 0x0e
	miscTableGrow  = 0x0f
	miscTableFill  = 0x11

	vecConst   = 0x0c
	vecShuffle = 0x0d
)

// immediate is what follows an opcode.
type immediate byte

const (
	unknown      immediate = iota // not an instruction of the accepted set
	none                          // nothing
	blockType                     // a block type
	label                         // a relative depth
	labels                        // a vector of depths and a default
	function                      // a function index
	typeAndTable                  // a type index and a table index
	local                         // a local index
	global                        // a global index
	table                         // a table index
	memArg                        // alignment and offset
	zero                          // a reserved zero byte
	i32                           // a signed 32-bit number
	i64                           // a signed 64-bit number
	f32                           // four bytes
	f64                           // eight bytes
	reference                     // a reference type
	types                         // a vector of value types
	dataAndZero                   // a data index and a reserved zero byte
	dataIndex                     // a data index
	elemAndTable                  // an element index and a table index
	elemIndex                     // an element index
	twoZeros                      // two reserved zero bytes
	twoTables                     // two table indices
	lane                          // a lane number
	memArgLane                    // alignment, offset and a lane number
	sixteen                       // sixteen bytes
)

// plain returns the immediates of a one-byte opcode.
func plain(op byte) immediate {
	switch {
	case op == opBlock || op == opLoop || op == opIf:
		return blockType
	case op == opBr || op == opBrIf:
		return label
	case op == opBrTable:
		return labels
	case op == opCall:
		return function
	case op == opCallIndirect:
		return typeAndTable
	case op == 0x1c:
		return types
	case op >= opLocalGet && op <= opLocalTee:
		return local
	case op == opGlobalGet || op == opGlobalSet:
		return global
	case op == 0x25 || op == opTableSet:
		return table
	case op >= 0x28 && op <= 0x3e:
		return memArg
	case op == 0x3f || op == opMemoryGrow:
		return zero
	case op >= opI32Const && op <= opF64Const:
		return i32 + immediate(op-opI32Const)
	case op == opRefNull:
		return reference
	case op <= 0x01, op == opElse, op == opEnd, op == opReturn, op == 0x1a, op == 0x1b,
		op >= 0x45 && op <= 0xc4, op == 0xd1:
		return none
	}
	return unknown
}

// misc returns the immediates of an opcode with the prefix 0xfc.
func misc(sub uint32) immediate {
	switch sub {
	case miscMemoryInit:
		return dataAndZero
	case miscDataDrop:
		return dataIndex
	case miscMemoryCopy:
		return twoZeros
	case miscMemoryFill:
		return zero
	case miscTableInit:
		return elemAndTable
	case miscElemDrop:
		return elemIndex
	case miscTableCopy:
		return twoTables
	case miscTableGrow, 0x10, miscTableFill:
		return table
	}
	if sub <= miscLastConversion {
		return none
	}
	return unknown
}

// vector returns the immediates of an opcode with the prefix 0xfd.
func vector(sub uint32) immediate {
	switch {
	case sub <= 0x0b, sub == 0x5c, sub == 0x5d:
		return memArg
	case sub == vecConst, sub == vecShuffle:
		return sixteen
	case sub >= 0x15 && sub <= 0x22:
		return lane
	case sub >= 0x54 && sub <= 0x5b:
		return memArgLane
	case sub > 0xff:
		return unknown
	}
	switch sub {
	case 0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc5, 0xc6,
		0xcf, 0xd0, 0xd2, 0xd3, 0xd4, 0xe2, 0xee:
		return unknown
	}
	return none
}
