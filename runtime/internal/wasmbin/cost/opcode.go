package cost

// The opcodes that the walk treats by name.
const (
	opUnreachable  = 0x00
	opNop          = 0x01
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
	opDrop         = 0x1a
	opSelectTypes  = 0x1c
	opLocalGet     = 0x20
	opLocalSet     = 0x21
	opLocalTee     = 0x22
	opMisc         = 0xfc
	opVector       = 0xfd
)

// immediate is what follows an opcode.
type immediate byte

const (
	none    immediate = iota
	number            // one number in LEB128
	numbers           // two of them
	lane              // one byte
	access            // an alignment and an offset
	laneOf            // the same, and one byte
	four              // four bytes
	eight             // eight bytes
	sixteen           // sixteen bytes
	special           // the walk reads it
)

// class says what else an instruction does.
type class byte

const (
	leaves class = 1 << iota // memory and globals may have changed after it, as after a call
	shared                   // uses memory or a global
	passes                   // leaves a value of before on top of the stack
)

// operation describes the instructions with one opcode. weight is the work of
// compiling one, in plain instructions.
type operation struct {
	immediate    immediate
	class        class
	pops, pushes int8
	weight       float32
}

// operations are those without a prefix, with 0xfc and with 0xfd.
var operations, miscOperations, vectorOperations = oneByte(), misc(), vectors()

func oneByte() (t [256]operation) {
	set := func(from, to int, im immediate, pops, pushes int8, weight float32) {
		for i := from; i <= to; i++ {
			t[i] = operation{immediate: im, pops: pops, pushes: pushes, weight: weight}
		}
	}
	set(0x00, 0x1f, special, 0, 0, 2)
	t[opNop] = operation{class: passes, weight: 0.3}
	t[opEnd].weight, t[opBlock].weight, t[opReturn].weight = 0.5, 0.5, 10
	t[opCall].weight, t[opCallIndirect].weight = 8, 20
	set(opDrop, opDrop, none, 1, 0, 1)
	t[opDrop].class = passes
	set(0x1b, 0x1b, none, 3, 1, 2)
	set(opLocalGet, opLocalTee, special, 0, 0, 1)
	set(0x23, 0x23, number, 0, 1, 1.5)
	set(0x24, 0x24, number, 1, 0, 1.5)
	set(0x25, 0x25, number, 1, 1, 10)
	set(0x26, 0x26, number, 2, 0, 10)
	set(0x28, 0x35, access, 1, 1, 6)
	set(0x36, 0x3e, access, 2, 0, 6)
	set(0x3f, 0x3f, lane, 0, 1, 2)
	set(0x40, 0x40, lane, 1, 1, 7)
	t[0x40].class = leaves
	set(0x41, 0x42, number, 0, 1, 1)
	set(0x43, 0x43, four, 0, 1, 1)
	set(0x44, 0x44, eight, 0, 1, 1)
	set(0x45, 0xa6, none, 2, 1, 1)
	set(0xa7, 0xc4, none, 1, 1, 1.5)
	for _, r := range [][2]int{{0x45, 0x45}, {0x50, 0x50}, {0x67, 0x69}, {0x79, 0x7b}, {0x8b, 0x91}, {0x99, 0x9f}} {
		set(r[0], r[1], none, 1, 1, 1.5)
	}
	set(0x6d, 0x70, none, 2, 1, 12) // division
	set(0x7f, 0x82, none, 2, 1, 12)
	set(0xa8, 0xab, none, 1, 1, 10) // truncation
	set(0xae, 0xb1, none, 1, 1, 10)
	set(0xd0, 0xd0, lane, 0, 1, 1)
	set(0xd1, 0xd1, none, 1, 1, 1)
	set(0xd2, 0xd2, number, 0, 1, 7)
	t[0xd2].class = leaves
	for i := range t {
		if t[i].immediate == access || i == 0x23 || i == 0x24 {
			t[i].class = shared
		}
	}
	return t
}

func misc() (t [256]operation) {
	for i := range 0x08 {
		t[i] = operation{pops: 1, pushes: 1, weight: 8}
	}
	bulk := func(i int, im immediate, pops, pushes int8) {
		t[i] = operation{immediate: im, class: leaves, pops: pops, pushes: pushes, weight: 30}
	}
	bulk(0x08, numbers, 3, 0) // memory.init
	bulk(0x09, number, 0, 0)  // data.drop
	bulk(0x0a, numbers, 3, 0) // memory.copy
	bulk(0x0b, number, 3, 0)  // memory.fill
	bulk(0x0c, numbers, 3, 0) // table.init
	bulk(0x0d, number, 0, 0)  // elem.drop
	bulk(0x0e, numbers, 3, 0) // table.copy
	bulk(0x0f, number, 2, 1)  // table.grow
	bulk(0x10, number, 0, 1)  // table.size
	bulk(0x11, number, 3, 0)  // table.fill
	return t
}

func vectors() (t [256]operation) {
	set := func(from, to int, im immediate, pops, pushes int8, weight float32) {
		for i := from; i <= to; i++ {
			t[i] = operation{immediate: im, pops: pops, pushes: pushes, weight: weight}
		}
	}
	set(0x00, 0xff, none, 2, 1, 6)
	set(0x00, 0x0a, access, 1, 1, 7)
	set(0x0b, 0x0b, access, 2, 0, 7)
	set(0x0c, 0x0c, sixteen, 0, 1, 6)
	set(0x0d, 0x0d, sixteen, 2, 1, 6)
	set(0x15, 0x22, lane, 1, 1, 6)
	for _, i := range []int{0x17, 0x1a, 0x1c, 0x1e, 0x20, 0x22} {
		t[i].pops = 2 // replace_lane
	}
	set(0x52, 0x52, none, 3, 1, 6) // bitselect
	set(0x54, 0x57, laneOf, 2, 1, 7)
	set(0x58, 0x5b, laneOf, 2, 0, 7)
	for _, r := range [][2]int{
		{0x0f, 0x14}, {0x4d, 0x4d}, {0x53, 0x53}, {0x5e, 0x64}, {0x67, 0x6a}, {0x74, 0x75}, {0x7a, 0x7a}, {0x7c, 0x81},
		{0x83, 0x84}, {0x87, 0x8a}, {0x94, 0x94}, {0xa0, 0xa4}, {0xa7, 0xaa}, {0xc0, 0xc4}, {0xc7, 0xca}, {0xe0, 0xe3},
		{0xec, 0xef}, {0xf8, 0xff},
	} {
		set(r[0], r[1], none, 1, 1, 6)
	}
	set(0x5c, 0x5d, access, 1, 1, 7)
	for i := range t {
		if t[i].immediate == access || t[i].immediate == laneOf {
			t[i].class = shared
		}
	}
	return t
}
