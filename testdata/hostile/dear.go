package hostile

import "strings"

// i64Locals declares so many locals.
func i64Locals(n int) string { return "\x01" + leb(n) + "\x7e" }

// eachLocal returns code for each of n locals.
func eachLocal(n int, code func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(code(i))
	}
	return b.String()
}

// returns ends a body that gives a number.
const returns = "\x41\x00\x0b"

// unknownBit is a number that the compiler does not know.
const unknownBit = "\x41\x00\x28\x02\x00"

// dear are modules that take a compiler seconds or gigabytes.
var dear = map[string]func() []byte{
	"loads": func() []byte { return body("\x00", strings.Repeat(unknownBit+"\x1a", 1_400_000)+returns) },
	"many": func() []byte {
		const n = 10_000
		one := sized("\x00" + strings.Repeat(unknownBit+"\x1a", 100) + returns)
		return []byte(preamble + typePart + section(3, leb(n)+strings.Repeat("\x00", n)) + memoryPart + exportPart +
			section(10, leb(n)+strings.Repeat(one, n)))
	},
	"values": func() []byte {
		const n = 20_000
		return body("\x00", strings.Repeat(unknownBit, n)+strings.Repeat("\x6a", n-1)+"\x0b")
	},
	"merges": func() []byte {
		const loops, locals = 100, 1_000
		read := eachLocal(locals, func(i int) string { return "\x20" + leb(i) + "\x1a" })
		return body(i64Locals(locals), strings.Repeat("\x03\x40", loops)+read+strings.Repeat("\x41\x00\x0d\x00\x0b", loops)+returns)
	},
	"copies": func() []byte {
		const locals = 2_000
		down := eachLocal(locals-1, func(i int) string { return "\x20" + leb(i+1) + "\x21" + leb(i) })
		return body(i64Locals(locals), "\x03\x40"+down+unknownBit+"\x0d\x00\x0b"+returns)
	},
	"bulk": func() []byte {
		return body("\x00", strings.Repeat("\x41\x00\x41\x00\x41\x00\xfc\x0a\x00\x00", 25_000)+returns)
	},
	"lookups": func() []byte {
		const locals = 1_000
		read := eachLocal(locals, func(i int) string { return "\x20" + leb(i) + "\x1a" })
		return body(i64Locals(locals), "\x02\x40"+strings.Repeat(unknownBit+"\x0d\x00", 20_000)+"\x0b"+read+returns)
	},
	"carried": func() []byte {
		const locals = 3_000
		read := eachLocal(locals, func(i int) string { return "\x20" + leb(i) + "\x1a" })
		return body(i64Locals(locals), "\x03\x40"+strings.Repeat(unknownBit+"\x04\x40\x0b", locals)+read+unknownBit+"\x0d\x00\x0b"+returns)
	},
	"calls":  func() []byte { return calling(255, 20_000) },
	"arity":  func() []byte { return calling(256, 1) },
	"reload": func() []byte { return besideGlobals(500, 10_000) },
	"mutable": func() []byte {
		return besideGlobals(1_001, 1)
	},
}

// calling returns a module whose function calls another one that takes and gives so
// many values.
func calling(arity, calls int) []byte {
	values := strings.Repeat("\x7e", arity)
	types := section(1, "\x02\x60\x00\x01\x7f\x60"+sized(values)+sized(values))
	give := eachLocal(arity, func(i int) string { return "\x20" + leb(i) })
	call := strings.Repeat("\x42\x00", arity) + strings.Repeat("\x10\x01", calls) + strings.Repeat("\x1a", arity) + returns
	return []byte(preamble + types + section(3, "\x02\x00\x01") + memoryPart + exportPart +
		section(10, "\x02"+sized("\x00"+call)+sized("\x00"+give+"\x0b")))
}

// besideGlobals returns a module with mutable globals whose function calls another one.
func besideGlobals(globals, calls int) []byte {
	return []byte(preamble + typePart + section(3, "\x02\x00\x00") + memoryPart +
		section(6, leb(globals)+strings.Repeat("\x7e\x01\x42\x00\x0b", globals)) + exportPart +
		section(10, "\x02"+sized("\x00"+strings.Repeat("\x10\x01\x1a", calls)+returns)+bodyZero))
}
